from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from conftest import mixed_dataset
from mtlue import Categorical, InputError, MultiTaskDataset, Regression, Sample
from mtlue.data import Batch, Pipeline, to_arrays
from mtlue.data.dataset import _stacked_by_type
from mtlue.tasks import Depth, Normals, Segmentation, Task
from mtlue.training import Recipe

TASK = Categorical("t", ("a", "b"))


class Listed(MultiTaskDataset):
    def __init__(self, samples: list[Sample], *tasks: Task) -> None:
        self.samples, self.tasks = samples, tasks or (TASK,)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> Sample:
        return self.samples[index]


def sample(name: Any = "x", **changes: Any) -> Sample:
    values = {"image": torch.zeros(3, 8, 8, dtype=torch.uint8), "labels": {"t": torch.tensor(1)}, "id": name, **changes}
    return Sample(**values)


def test_samples_are_gathered_in_order() -> None:
    data = to_arrays(Listed([sample("x"), sample("y", labels={"t": torch.tensor(0)})]))
    assert data.ids == ["x", "y"]
    assert data.labels["t"][:].tolist() == [1, 0]
    assert to_arrays(data) is data


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([], "empty"),
        ([sample("x"), sample("x")], "'x' appears twice"),
        ([sample("y", image=torch.zeros(3, 8, 8))], "'y': the image must be uint8"),
        ([sample("y", image=torch.zeros(2, 8, 8, dtype=torch.uint8))], "C = 1 or 3"),
        ([sample("x"), sample("y", image=torch.zeros(3, 9, 8, dtype=torch.uint8))], "'y' is"),
        ([sample("y", labels={})], "no label for task 't'"),
        ([sample("y", labels={"t": torch.tensor(2)})], "'y', task 't': label 2 is outside"),
        ([sample("y", labels={"t": torch.tensor(0.5)})], "must be single int64"),
        ([sample("y", labels={"t": torch.tensor([1])})], "must be single int64"),
        ([sample("y", labels={"t": None})], "'y': the label of task 't' is not a tensor"),
        ([sample(7)], "id 7 must be a string"),
        ([sample("y", image=torch.zeros(3, 4, 8, dtype=torch.uint8))], "too small"),
    ],
)
def test_broken_samples_are_named(samples: list[Sample], message: str) -> None:
    with pytest.raises(InputError, match=message):
        to_arrays(Listed(samples))


@pytest.mark.parametrize(
    ("task", "first", "second", "message"),
    [
        (Segmentation("t", ("a", "b")), (8, 8), (7, 8), r"'y', task 't': the label is \[7, 8\], others are \[8, 8\]"),
        (Segmentation("t", ("a", "b")), (7, 8), (7, 8), r"the labels are \[7, 8\] and should be \[8, 8\]"),
        (Normals("t"), (8, 8, 3), (8, 8, 3), r"the labels are \[8, 8, 3\] and should be \[3, 8, 8\]"),
        (Regression("t", size=3), (3,), (2,), r"'y', task 't': the label is \[2\], others are \[3\]"),
    ],
)
def test_labels_of_another_shape_are_named(
    task: Task, first: tuple[int, ...], second: tuple[int, ...], message: str
) -> None:
    kind = torch.float32 if task.kind in ("normals", "regression") else torch.int64
    samples = [sample(n, labels={"t": torch.ones(s, dtype=kind)}) for n, s in (("x", first), ("y", second))]
    with pytest.raises(InputError, match=message):
        to_arrays(Listed(samples, task))


def test_plain_lists_and_repeated_tasks_are_refused() -> None:
    with pytest.raises(InputError, match="MultiTaskDataset, not list"):
        to_arrays([sample()])  # type: ignore[arg-type]
    with pytest.raises(InputError, match="each with its own name"):
        to_arrays(Listed([sample()], TASK, TASK))


def test_numpy_and_plain_integers_are_labels() -> None:
    data = to_arrays(Listed([sample("x", labels={"t": np.int32(1)}), sample("y", labels={"t": 0})]))
    assert data.labels["t"][:].tolist() == [1, 0]
    assert data.labels["t"].dtype == torch.int64


def test_random_crops_are_windows_of_their_own_image_and_let_gradients_pass() -> None:
    images = torch.arange(4 * 2 * 13 * 11, dtype=torch.float32).reshape(4, 2, 13, 11).requires_grad_()
    generator = torch.Generator().manual_seed(0)
    crops = Pipeline(crop=(9, 8)).draw(images, generator).cut(images)
    places = set()
    for image, crop in zip(images, crops, strict=True):
        first = int(crop[0, 0, 0].detach() - image[0, 0, 0].detach())
        top, left = divmod(first, 11)
        places.add((top, left))
        assert torch.equal(crop, image[:, top : top + 9, left : left + 8])
    assert len(places) > 1
    crops.sum().backward()
    assert images.grad is not None
    assert images.grad.sum() == crops.numel()


def test_flips_mirror_about_half_of_the_images() -> None:
    images = torch.rand(200, 1, 3, 4)
    flipped = Pipeline(flip=True).draw(images, torch.Generator().manual_seed(0)).cut(images)
    mirrored = torch.stack([torch.equal(a, b.flip(2)) * torch.ones(1) for a, b in zip(flipped, images, strict=True)])
    assert 70 < mirrored.sum() < 130


def test_the_test_view_is_the_middle() -> None:
    images = torch.arange(144.0).reshape(1, 1, 12, 12)
    assert torch.equal(Pipeline(crop=(8, 10)).test_view(images), images[:, :, 2:10, 1:11])


def test_labels_of_pixels_are_cut_and_mirrored_with_their_image() -> None:
    images = torch.randint(256, (20, 3, 12, 14), dtype=torch.uint8)
    tasks = (Categorical("t", ("a", "b")), Segmentation("s", ("a", "b", "c")), Depth("d"), Normals("n"))
    normals = torch.nn.functional.normalize(torch.randn(20, 3, 12, 14), dim=1)
    labels = {"t": torch.arange(20) % 2, "s": images[:, 0].long() % 3, "d": images[:, 1] / 255.0, "n": normals}
    view = Pipeline(crop=(9, 8), flip=True).draw(images, torch.Generator().manual_seed(0))
    seen, cut = view.labels(tasks, labels), view.cut(images)
    assert view.mirrored is not None
    assert 0 < view.mirrored.sum() < 20
    assert torch.equal(seen["t"], labels["t"])
    assert torch.equal(seen["s"], cut[:, 0].long() % 3)
    assert torch.equal(seen["d"], cut[:, 1] / 255.0)
    back = torch.where(view.mirrored[:, None, None, None], -1.0, 1.0)
    plain = view.cut(normals)
    assert torch.equal(seen["n"], torch.cat([plain[:, :1] * back, plain[:, 1:]], dim=1))
    assert torch.allclose(seen["n"].norm(dim=1), torch.ones(20, 9, 8))


def test_impossible_pipelines_are_refused() -> None:
    with pytest.raises(InputError, match="larger than the images"):
        Pipeline(size=(32, 32), crop=(40, 40))
    with pytest.raises(InputError, match="too small"):
        Pipeline(size=(4, 32))
    with pytest.raises(InputError, match="channels"):
        Pipeline(channels=2)


@pytest.mark.parametrize(("count", "sizes"), [(2, [2]), (8, [4, 4]), (9, [4, 5]), (10, [4, 4, 2]), (5, [5])])
def test_shuffled_batches_hold_every_sample_once_and_none_alone(count: int, sizes: list[int]) -> None:
    data = to_arrays(Listed([sample(str(i)) for i in range(count)]))
    batches = list(data.shuffled_batches(4, torch.Generator().manual_seed(0)))
    assert len(batches) == Recipe(batch_size=4).steps_per_epoch(count)
    assert [len(batch) for batch in batches] == sizes
    assert sorted(identifier for batch in batches for identifier in batch.ids) == sorted(data.ids)


def test_labels_of_one_shape_and_type_travel_stacked_by_type() -> None:
    data = mixed_dataset()
    labels = {**data.labels, "tone": torch.arange(12) % 2, "age": torch.rand(12, 2, dtype=torch.float64)}
    batch = Batch(data.images, labels, data.ids)
    sent: list[Tensor] = []

    def send(tensor: Tensor) -> Tensor:
        sent.append(tensor)
        return tensor

    ours = batch.to(torch.device("cpu")).labels
    found = _stacked_by_type(ours, send)
    assert list(found) == list(ours)
    assert all(torch.equal(found[name].nan_to_num(), ours[name].nan_to_num()) for name in ours)
    assert len(sent) == len(ours) - 2  # kind and tone, pose and age
    away = batch.to(torch.device("meta"))
    assert away.images.dtype == torch.uint8
    assert {name: label.shape for name, label in away.labels.items()} == {n: label.shape for n, label in ours.items()}
    assert {label.dtype for label in away.labels.values()} == {torch.float32, torch.float64, torch.int64}


def test_one_sample_cannot_be_trained_on() -> None:
    with pytest.raises(InputError, match="'x'"):
        to_arrays(Listed([sample("x")])).shuffled_batches(4, torch.Generator())
