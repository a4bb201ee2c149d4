"""``Protector.protect_image``: what a batch of one gives, from labels as a table says them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from conftest import random_dataset
from mtlue import ArrayDataset, Categorical, InputError, Protector, Runtime
from mtlue.data import Pipeline
from mtlue.tasks import Depth, Regression, Segmentation

RUNTIME = Runtime("cpu", seed=3)
PATCHES = {"square": 4}


def fitted(dataset: ArrayDataset, method: str = "lsp-patch") -> Protector:
    return Protector(method, settings=PATCHES if method == "lsp-patch" else {}, runtime=RUNTIME).fit(dataset)


def test_one_image_is_protected_as_it_is_among_others(tmp_path: Path) -> None:
    data = random_dataset(6)
    protector = fitted(data)
    protector.save(tmp_path / "kept")
    whole = protector.protect(data).images[:]
    for one in (protector, Protector.load(tmp_path / "kept", RUNTIME)):
        for row in range(6):
            labels = {task.name: task.classes[int(data.labels[task.name][row])] for task in data.tasks}  # type: ignore[attr-defined]
            assert torch.equal(one.protect_image(data.images[row], labels), whole[row])


def test_labels_of_every_kind_and_missing_ones() -> None:
    size, count = (17, 23), 5
    tasks = (
        Categorical("kind", ("a", "b")),
        Regression("age", 0, 10),
        Segmentation("mask", ("x", "y")),
        Depth("depth"),
    )
    labels = {
        "kind": torch.tensor([0, 1, 0, 1, -1]),
        "age": torch.tensor([1.0, 2.0, 5.0, 9.0, float("nan")]),
        "mask": torch.randint(2, (count, *size)),
        "depth": torch.rand(count, *size) + 1,
    }
    labels["mask"][4], labels["depth"][4] = -1, 0
    images = torch.randint(256, (count, 1, *size), dtype=torch.uint8)
    data = ArrayDataset(tasks, images, labels, list("abcde"))
    protector = fitted(data, "joint-code")
    whole = protector.protect(data).images[:]
    first = {"kind": "a", "age": 1.0, "mask": labels["mask"][0], "depth": labels["depth"][0].numpy()}
    assert torch.equal(protector.protect_image(images[0], first), whole[0])
    assert torch.equal(protector.protect_image(images[4], {"kind": None, "age": float("nan")}), whole[4])


@pytest.mark.parametrize("channels", [1, 3])
def test_an_image_of_its_own_size_goes_by_the_size_that_was_fitted(channels: int) -> None:
    protector = fitted(random_dataset(6, channels))
    image = torch.from_numpy(np.random.default_rng(0).integers(256, size=(channels, 45, 31), dtype=np.uint8))
    labels = {task.name: task.classes[0] for task in protector.tasks}  # type: ignore[attr-defined]
    protected = protector.protect_image(image, labels, Pipeline(size=(16, 16)))
    change = (protected.short() - image.short()).abs()
    assert protected.shape == image.shape
    assert 0 < int(change.max()) <= 8
    assert not torch.equal(protected, protector.protect_image(image, labels))


@pytest.mark.parametrize(
    ("image", "labels", "message"),
    [
        (torch.zeros(3, 16, 16), {}, r"uint8 \[C, H, W\], not float32 \[3, 16, 16\]"),
        (torch.zeros(16, 16, dtype=torch.uint8), {}, r"not uint8 \[16, 16\]"),
        (torch.zeros(1, 16, 16, dtype=torch.uint8), {}, "channel"),
        (torch.zeros(3, 16, 0, dtype=torch.uint8), {}, "0x16 pixels is too small"),
        (torch.zeros(3, 16, 16, dtype=torch.uint8), {"shap": "a"}, "unknown task 'shap': did you mean 'shape'"),
        (torch.zeros(3, 16, 16, dtype=torch.uint8), {"shape": "zebra"}, "zebra"),
    ],
)
def test_what_cannot_be_protected(image: torch.Tensor, labels: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fitted(random_dataset(6)).protect_image(image, labels)


def test_before_the_fit_and_with_maps_of_another_size() -> None:
    image = torch.zeros(1, 8, 8, dtype=torch.uint8)
    with pytest.raises(InputError, match="not fitted yet"):
        Protector("lsp-patch", runtime=RUNTIME).protect_image(image, {})
    images = torch.randint(256, (4, 1, 8, 8), dtype=torch.uint8)
    masks = {"mask": torch.randint(2, (4, 8, 8))}
    protector = fitted(ArrayDataset((Segmentation("mask", ("x", "y")),), images, masks, list("abcd")), "joint-code")
    with pytest.raises(InputError, match=r"'mask' is \[8, 9\], not \[8, 8\]"):
        protector.protect_image(image, {"mask": torch.zeros(8, 9, dtype=torch.int64)})
    with pytest.raises(InputError, match="'mask' has a label per pixel"):
        protector.protect_image(image, {"mask": masks["mask"][0]}, Pipeline(size=(12, 12)))
