"""The joint code: which pixel gets which pattern, what the labels of an image turn, and what has no label."""

import itertools
from unittest.mock import patch

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from conftest import MIXED, TensorDataset, mixed_dataset
from mtlue import ArrayDataset, Categorical, InputError, Runtime
from mtlue.methods.joint_code.codebook import Codebook
from mtlue.methods.joint_code.label_codes import DenseCode, ImageCode, split_in_groups
from mtlue.methods.joint_code.method import JointCode
from mtlue.methods.joint_code.settings import JointCodeSettings
from mtlue.methods.joint_code.waves import energy
from mtlue.tasks import DenseTask, Depth, ImageTask, Normals, Segmentation, Task

DENSE = tuple(task for task in MIXED if isinstance(task, DenseTask))
WHOLE = tuple(task for task in MIXED if isinstance(task, ImageTask))
EPSILON = 8 / 255
PIXELS = JointCodeSettings().code_pixels
LUMINANCE, COLOURS = JointCodeSettings(luminance=True), JointCodeSettings()
EITHER = pytest.mark.parametrize("settings", [LUMINANCE, COLOURS], ids=["luminance", "colours"])


def fitted(data: ArrayDataset, settings: JointCodeSettings = COLOURS) -> JointCode:
    method = JointCode(settings, epsilon=EPSILON)
    method.fit(data, Runtime("cpu"))
    return method


def code_of(data: ArrayDataset, settings: JointCodeSettings = COLOURS) -> torch.Tensor:
    """The perturbation of every image, in units of epsilon; of mid-grey, so that nothing is clipped."""
    grey = data.with_images(torch.full_like(data.images[:], 128))
    return (fitted(grey, settings).perturb(grey.batch(torch.arange(len(grey)))) / EPSILON).round(decimals=4)


def of_tasks(
    tasks: tuple[Task, ...], labels: dict[str, torch.Tensor], size: tuple[int, int] = (64, 64)
) -> TensorDataset:
    count = len(next(iter(labels.values())))
    images = torch.randint(256, (count, 3, *size), dtype=torch.uint8)
    return TensorDataset(tasks, images, labels, [str(number) for number in range(count)])


def test_the_nearest_symbol_leaves_tasks_without_a_label_out() -> None:
    book = Codebook((2, 3), torch.rand(6, 5))
    labels = torch.rand(2, 5, 3, 4)
    labels[0, :2, 1] = 0
    labels[:, 2:, 2] = 0
    found = book.nearest(labels)
    for image, row, column in itertools.product(range(2), range(3), range(4)):
        pixel = labels[image, :, row, column]
        distances = torch.zeros(6)
        for part in (slice(0, 2), slice(2, 5)):
            if pixel[part].any():
                distances += (pixel[part] - book.centroids[:, part]).square().sum(1)
        assert int(found[image, row, column]) == int(distances.argmin())


def test_as_many_symbols_as_labels_differ() -> None:
    labels = F.one_hot(torch.tensor([2, 0, 1, 1, 0, 2] * 5), 3).float()
    book = Codebook.fitted(labels, (3,), 8, seed=0)
    torch.testing.assert_close(book.centroids[:3], torch.eye(3))  # in the order of what they say
    assert (book.centroids[3:] > 1).all()
    assert (Codebook.fitted(torch.zeros(4, 3), (3,), 8, seed=0).centroids > 1).all()


@EITHER
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("tasks", [MIXED, DENSE, WHOLE], ids=["mixed", "dense", "whole"])
@pytest.mark.parametrize("size", [(12, 13), (27, 33)])
def test_whatever_has_a_label_carries_the_code_at_full_epsilon(
    settings: JointCodeSettings, channels: int, tasks: tuple[Task, ...], size: tuple[int, int]
) -> None:
    data = mixed_dataset(tasks, channels=channels, size=size)
    labelled = torch.zeros(len(data), *size, dtype=torch.bool)
    for task in tasks:
        label = data.labels[task.name]
        dense = isinstance(task, DenseTask)
        labelled |= ~task.missing(label) if dense else ~task.unlabelled(label)[:, None, None]
    assert not labelled[0].any()
    found = code_of(data, settings)
    assert torch.equal(found.abs(), labelled[:, None].expand_as(found).float())


@EITHER
def test_classes_turn_the_sign_of_the_dense_code_and_change_nothing_else(settings: JointCodeSettings) -> None:
    data = mixed_dataset()
    grey = data.with_images(torch.full_like(data.images, 128))
    dense, whole = fitted(grey, settings)._codes()
    patterns, _ = dense.paint(data.images.float(), data.labels)
    found, of_patterns = code_of(data, settings), slice(None, -1 if settings.luminance else None)
    assert torch.equal(found[:, of_patterns], ((found * patterns)[:, :1] * patterns)[:, of_patterns])
    assert set(whole.groups) == {"down", "across"}


@EITHER
@pytest.mark.parametrize("axis", [0, 1])
def test_each_group_has_its_direction_and_each_class_its_spacing(settings: JointCodeSettings, axis: int) -> None:
    tasks = (Categorical("a", tuple("123")), Categorical("b", tuple("1234")))
    a, b = (column.flatten() for column in torch.meshgrid(torch.arange(3), torch.arange(4), indexing="ij"))
    found = code_of(of_tasks(tasks, {"a": a, "b": b}), settings)[:, 0]
    moved = found[:, 1:] * found[:, :-1] if axis == 0 else (found[:, :, 1:] * found[:, :, :-1]).mT
    usual = moved.mode(1, keepdim=True).values
    turns = (moved != usual).any(2).sum(1).tolist()  # along one direction
    own = (a, b)[axis].tolist()
    expected = {label: {turns[i] for i, its in enumerate(own) if its == label} for label in set(own)}
    assert all(len(counts) == 1 for counts in expected.values())
    assert len(set.union(*expected.values())) == len(expected)


@EITHER
@pytest.mark.parametrize("size", [(8, 8), (8, 40)])
def test_no_two_classes_share_a_pattern_in_small_images(settings: JointCodeSettings, size: tuple[int, int]) -> None:
    tasks = (Categorical("a", ("x", "y")), Categorical("b", ("x", "y")))
    a, b = (column.flatten() for column in torch.meshgrid(torch.arange(2), torch.arange(2), indexing="ij"))
    data = of_tasks(tasks, {"a": a, "b": b}, size)
    grey = data.with_images(torch.full_like(data.images[:], 128))
    kept = 0
    for seed in range(12):
        method = JointCode(settings, epsilon=EPSILON)
        method.fit(grey, Runtime("cpu", seed=seed))
        draw = Runtime("cpu", seed=seed).generator("joint code", "turns")
        first = torch.randint(max(settings.waves(3).spacings), (2,), generator=draw).tolist()
        labels, symbols = {"a": a, "b": b}, ImageCode(tasks, method._kept, settings.waves(3).spacings)
        signs = [symbols.signs(grey.images[:].float(), labels, starts)[0] for starts in (first, method._starts)]
        fine = [len(torch.unique(each, dim=0)) == 4 for each in signs]
        assert fine[1]
        if fine[0]:
            kept += 1
            assert method._starts == first
    assert 0 < kept < 12


def test_images_too_small_for_their_labels_are_refused() -> None:
    task = Categorical("a", tuple("12345"))
    data = of_tasks((task,), {"a": torch.arange(5)}, (8, 8))
    with pytest.raises(InputError, match=r"8x8 pixels are too small.* 5 kinds of labels apart \(a\): use larger"):
        fitted(data, LUMINANCE)
    assert len(torch.unique(code_of(data, COLOURS), dim=0)) == 5


@EITHER
def test_a_missing_label_says_nothing(settings: JointCodeSettings) -> None:
    task = Categorical("a", tuple("123"))
    code = ImageCode((task,), {}, settings.waves(3).spacings)
    labels = {"a": torch.tensor([0, 1, 2, -1])}
    code.fit(labels, seed=0)
    signs, known = code.signs(torch.zeros(4, 3, 128, 128), labels, starts=(0, 0))
    assert known.flatten().tolist() == [True, True, True, False]
    assert (signs[3] == 1).all()
    assert all((signs[i] == -1).any() for i in range(3))


def test_tasks_are_split_evenly() -> None:
    tasks = [Categorical(name, tuple("12345678"[:count])) for name, count in (("a", 8), ("b", 2), ("c", 4), ("d", 3))]
    groups = split_in_groups(tasks)
    assert [[task.name for task in group] for group in groups] == [["b", "c"], ["d", "a"]]
    assert split_in_groups(tasks[:1]) == ([tasks[0]], [])
    assert split_in_groups(()) == ([], [])


def test_the_commonest_symbols_get_waves_of_one_colour_that_images_hold_least_of() -> None:
    region = Segmentation("region", ("floor", "wall", "box"))
    mask = torch.ones(8, 32, 32, dtype=torch.int16)
    mask[:, :4], mask[:, 4:12] = 0, 2
    data = of_tasks((region,), {"region": mask}, (32, 32))
    found = fitted(data, COLOURS)._kept
    held = energy(data.images / 255, found["patterns"][:-1])
    assert (held.reshape(4, 3).diff(dim=1) > 0).all()
    assert (held.reshape(4, 3).sum(1).diff() > 0).all()
    torch.testing.assert_close(found["symbols"][:3], torch.eye(3)[[1, 2, 0]])
    patterns, known = DenseCode((region,), found, PIXELS, COLOURS.waves(3)).paint(data.images / 255, {"region": mask})
    assert known.all()
    assert torch.equal(patterns[0, :, 16:20, :4], found["patterns"][0])


@pytest.mark.parametrize(("lighter", "heavier"), [(0.5, 1.0), (1.0, 4.0)])
def test_a_task_of_more_weight_is_coded_more_finely(lighter: float, heavier: float) -> None:
    tasks = (Depth("depth", high=1.0), Normals("normals"))
    labels = {"depth": torch.rand(8, 32, 32) * 0.9 + 0.1, "normals": F.normalize(torch.randn(8, 3, 32, 32), dim=1)}

    def agreement(weight: float) -> Tensor:
        """Mean length of the mean normal of the pixels of a symbol."""
        with patch("mtlue.methods.joint_code.label_codes.VECTOR_WEIGHT", weight):
            code = DenseCode(tasks, {}, PIXELS, COLOURS.waves(3))
            code.fit(of_tasks(tasks, labels, (32, 32)), torch.zeros(8, 3, 32, 32), seed=0)
            symbols = Codebook(code._planes, code.kept["symbols"]).nearest(code._in_anchors(labels))
        sums = torch.einsum("bhws,bchw->sc", F.one_hot(symbols).float(), labels["normals"])
        length: Tensor = sums.norm(dim=1).sum() / symbols.numel()
        return length

    assert agreement(lighter) < agreement(heavier)


@EITHER
def test_pixels_without_a_dense_label_carry_a_pattern_of_their_own_for_the_class(settings: JointCodeSettings) -> None:
    tasks = (Categorical("a", ("x", "y")), Segmentation("region", ("floor", "wall")))
    mask = torch.zeros(4, 64, 64, dtype=torch.int16)
    mask[:, :, 32:] = 1
    mask[:, 32:] = -1
    found = code_of(of_tasks(tasks, {"a": torch.tensor([0, 1, 0, -1]), "region": mask}), settings)
    assert (found[:3] != 0).all()
    assert not found[3, :, 32:].any()
    assert (found[3, :, :32] != 0).all()
