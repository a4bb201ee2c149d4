"""The joint code in luminance: what JPEG, grey and half size leave of it, and where image-level labels are shown."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from _asserts import assert_round_trip
from conftest import MIXED, mixed_dataset
from mtlue import ArrayDataset, Runtime
from mtlue.files import write_json
from mtlue.methods import load_method
from mtlue.methods.joint_code.label_codes import CLASS_WEIGHT, DenseCode
from mtlue.methods.joint_code.method import JointCode
from mtlue.methods.joint_code.settings import JointCodeSettings
from mtlue.release.layout import PrivateFolder
from mtlue.tasks import DenseTask, Depth, ImageTask, Segmentation, Task

LUMA = torch.tensor([0.299, 0.587, 0.114])
"""Of red, green and blue, as JPEG and PIL's mode L weigh them."""
DENSE = tuple(task for task in MIXED if isinstance(task, DenseTask))
WHOLE = tuple(task for task in MIXED if isinstance(task, ImageTask))
EPSILON = 8 / 255


def greys(tasks: tuple[Task, ...], channels: int = 3, size: tuple[int, int] = (17, 23)) -> ArrayDataset:
    """Images of mid-grey: nothing is clipped."""
    data = mixed_dataset(tasks, channels=channels, size=size)
    return data.with_images(torch.full_like(data.images[:], 128))


def code_of(data: ArrayDataset, luminance: bool = True) -> Tensor:
    """The perturbation of every image, in units of epsilon."""
    method = JointCode(JointCodeSettings(luminance=luminance), epsilon=EPSILON)
    method.fit(data, Runtime("cpu"))
    return (method.perturb(data.batch(torch.arange(len(data)))) / EPSILON).round(decimals=4)


def luma(code: Tensor) -> Tensor:
    return torch.einsum("bchw,c->bhw", code, LUMA)


def after_jpeg(code: Tensor) -> Tensor:
    """What JPEG of quality 75 leaves of 8 levels of a code on mid-grey, [B, 3, H, W] in units of epsilon."""
    left = []
    for image in code:
        pixels, file = (128 + 8 * image).permute(1, 2, 0).numpy().astype(np.uint8), io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=75)
        left.append(torch.from_numpy(np.asarray(Image.open(file)).astype(np.float32)).permute(2, 0, 1) - 128)
    return torch.stack(left) / 8


def correlation(first: Tensor, second: Tensor) -> float:
    """Of all pixels, without the means."""
    return float(torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1])


def test_grey_images_show_the_sign_of_every_pattern() -> None:
    found = code_of(greys(MIXED))
    assert torch.equal(luma(found).sign(), found[:, 0].sign())
    assert luma(found)[found[:, 0] != 0].abs().min() > 0.77


@pytest.mark.parametrize("tasks", [DENSE, MIXED], ids=["dense", "mixed"])
def test_jpeg_leaves_the_patterns_in_luminance_and_hardly_any_in_colours(tasks: tuple[Task, ...]) -> None:
    data = greys(tasks, size=(64, 64))
    kept, lost = (code_of(data, luminance=choice) for choice in (True, False))
    assert correlation(luma(kept), luma(after_jpeg(kept))) > 0.6
    assert correlation(lost, after_jpeg(lost)) < 0.25


def test_jpeg_leaves_the_turns_in_the_last_channel() -> None:
    found = code_of(greys(WHOLE, size=(64, 64)))
    left = after_jpeg(found)
    assert correlation(found[:, 2] - luma(found), left[:, 2] - luma(left)) > 0.6


@pytest.mark.parametrize("channels", [1, 3])
def test_cells_of_two_by_two_pixels_are_of_one_sign(channels: int) -> None:
    found = code_of(greys(WHOLE, channels, size=(64, 64)))[:, :, :16, :22]
    cells = found.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4)
    assert torch.equal(cells.amin(-1), cells.amax(-1))


def test_the_last_channel_shows_labels_of_images_where_there_are_any() -> None:
    mixed, dense = code_of(greys(MIXED)), code_of(greys(DENSE))
    assert torch.equal(dense[:, :1].expand_as(dense), dense)
    assert torch.equal(mixed[:, 0], mixed[:, 1])
    assert not torch.equal(mixed[:, 0], mixed[:, 2])


def test_the_last_channel_has_broad_areas() -> None:
    found = code_of(greys(WHOLE, size=(64, 64)))
    changes = [float((found[:, channel].diff(dim=1) != 0).float().mean()) for channel in (0, 2)]
    assert changes[1] < changes[0] / 3


def test_a_saved_code_of_before_is_of_colours(tmp_path: Path) -> None:
    data = mixed_dataset()
    method = JointCode(JointCodeSettings(luminance=False), name="joint-code", epsilon=EPSILON)
    method.fit(data, Runtime("cpu"))
    method.save(tmp_path)
    file = PrivateFolder(tmp_path).generator_settings
    saved = json.loads(file.read_text())
    saved["options"] = {name: saved["options"][name] for name in ("code_images", "code_pixels")}
    saved["options"]["spacings"] = [64, 16, 10, 7, 5, 4, 12, 8]
    write_json(file, saved)
    batch = data.batch(torch.arange(len(data)))
    assert torch.equal(load_method(tmp_path, Runtime("cpu")).perturb(batch), method.perturb(batch))


@pytest.mark.parametrize("settings", [{}, {"periods": (6,)}, {"periods": (4, 8, 16)}])
@pytest.mark.parametrize("luminance", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_code_is_read_back(channels: int, luminance: bool, settings: dict[str, object], tmp_path: Path) -> None:
    data = greys(MIXED, channels, size=(9, 11))
    method = JointCode(JointCodeSettings.of({"luminance": luminance, **settings}), name="joint-code", epsilon=EPSILON)
    method.fit(data, Runtime("cpu"))
    assert_round_trip(method, data.batch(torch.arange(len(data))), tmp_path)


def test_what_is_taken_by_default_is_written_with_the_release() -> None:
    found = JointCode().hyperparameters()
    assert (found["periods"], found["luminance"], len(found["spacings"])) == ((2,), False, 8)
    assert JointCode(JointCodeSettings(luminance=True)).hyperparameters()["periods"] == (4, 8)
    assert JointCode(JointCodeSettings(periods=(6,))).hyperparameters()["periods"] == (6,)


def test_kinds_keep_a_symbol_each_beside_labels_that_vary_within_them() -> None:
    """With the weights of the code in colours, two kinds of solids shared one of the few symbols."""
    kinds = torch.randint(5, (8, 32, 32), dtype=torch.int16, generator=torch.Generator().manual_seed(0))
    labels = {"kind": kinds, "depth": torch.rand(8, 32, 32, generator=torch.Generator().manual_seed(1)) * 0.9 + 0.1}
    tasks, images = (Segmentation("kind", tuple("abcde")), Depth("depth", high=1.0)), torch.zeros(8, 3, 32, 32)
    waves = JointCodeSettings(luminance=True).waves(3)
    code = DenseCode(tasks, {}, 64, waves)
    code.fit(ArrayDataset(tasks, images.byte(), labels, list("abcdefgh")), images, seed=0)
    _, of_kind = code.kept["symbols"][:, :5].max(1)
    assert sorted(set(of_kind.tolist())) == [0, 1, 2, 3, 4]
    assert code.kept["symbols"][:, :5].amax(1).min() > 0.99 * CLASS_WEIGHT
