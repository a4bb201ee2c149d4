"""The joint code: which pixel gets which pattern, and which patterns there are."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from conftest import MIXED, mixed_dataset
from mtlue import ArrayDataset, Categorical, Runtime
from mtlue.bounds import to_float
from mtlue.methods.codebook import Codebook
from mtlue.methods.joint_code import OF_PIXELS, JointCode, squares
from mtlue.methods.label_codes import GROUPS, LEVELS, DenseCode, ImageCode, dealt
from mtlue.methods.waves import HIGHEST, PERIOD, coloured, energy, grating, gratings, painted, wave
from mtlue.tasks import DenseTask, ImageTask, Segmentation, Task, by_level

DENSE = tuple(task for task in MIXED if isinstance(task, DenseTask))
WHOLE = tuple(task for task in MIXED if isinstance(task, ImageTask))
EPSILON = 8 / 255


def code_of(data: ArrayDataset) -> torch.Tensor:
    """The perturbation of every image, in units of epsilon; of mid-grey, so that nothing is clipped."""
    grey = data.with_images(torch.full_like(data.images, 128))
    method = JointCode(epsilon=EPSILON)
    method.fit(grey, Runtime("cpu"))
    return method.perturb(grey.batch(torch.arange(len(grey)))) / EPSILON


def kept(tasks: tuple[Task, ...], data: ArrayDataset) -> dict[str, torch.Tensor]:
    method = JointCode(epsilon=EPSILON)
    method.fit(data.restricted_to(tasks), Runtime("cpu"))
    return method._kept


def test_every_wave_has_its_frequency_and_no_mean() -> None:
    for frequency in range(1, HIGHEST + 1):
        spectrum = torch.fft.rfft(wave(frequency)).abs()
        assert int(spectrum.argmax()) == frequency
        assert float(wave(frequency).sum()) == 0
    assert (wave(0) == 1).all()


def test_no_grating_is_another_one_shifted_or_mirrored() -> None:
    patterns = gratings((0, 3, 4, 7, 8))
    for first, second in itertools.combinations(patterns, 2):
        for form in (first, first.flip(-1)):
            shifts = itertools.product(range(PERIOD), repeat=2)
            products = torch.stack([(form.roll(shift, (-2, -1)) * second).mean() for shift in shifts])
            assert float(products.abs().max()) < 1


@pytest.mark.parametrize("size", [(16, 16), (13, 37)])
def test_painting_repeats_each_pixels_own_pattern(size: tuple[int, int]) -> None:
    patterns = torch.randn(5, 3, PERIOD, PERIOD)
    places = torch.randint(5, (2, *size))
    found = painted(places, patterns, size)
    for image, row, column in itertools.product(range(2), range(size[0]), range(size[1])):
        own = patterns[places[image, row, column]]
        assert torch.equal(found[image, :, row, column], own[:, row % PERIOD, column % PERIOD])


def test_energy_is_what_an_image_holds_of_a_pattern() -> None:
    patterns = coloured(gratings((4, 8)), OF_PIXELS)
    image = 0.5 + 0.3 * patterns[2].repeat(1, 2, 2)[None]
    held = energy(image, patterns)
    assert int(held.argmax()) == 2
    assert float(held[2]) == pytest.approx((0.3 * 2 * PERIOD**2) ** 2, rel=1e-4)  # two channels carry it
    assert energy(image[..., :9, :9], patterns).isfinite().all()


def test_the_nearest_symbol_leaves_tasks_without_a_label_out() -> None:
    book = Codebook((2, 3), torch.rand(6, 5))
    told = torch.rand(2, 5, 3, 4)
    told[0, :2, 1] = 0
    told[:, 2:, 2] = 0
    found = book.nearest(told)
    for image, row, column in itertools.product(range(2), range(3), range(4)):
        pixel = told[image, :, row, column]
        distances = torch.zeros(6)
        for part in (slice(0, 2), slice(2, 5)):
            if pixel[part].any():
                distances += (pixel[part] - book.centroids[:, part]).square().sum(1)
        assert int(found[image, row, column]) == int(distances.argmin())


def test_as_many_symbols_as_labels_differ() -> None:
    told = F.one_hot(torch.tensor([2, 0, 1, 1, 0, 2] * 5), 3).float()
    book = Codebook.fitted(told, (3,), 8, seed=0)
    assert book.used == 3
    torch.testing.assert_close(book.centroids[:3], torch.eye(3))  # in the order of what they say
    assert Codebook.fitted(torch.zeros(4, 3), (3,), 8, seed=0).used == 0


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("tasks", [MIXED, DENSE, WHOLE], ids=["mixed", "dense", "whole"])
@pytest.mark.parametrize("size", [(16, 16), (27, 33)])
def test_every_labelled_pixel_carries_the_code_at_full_epsilon(
    channels: int, tasks: tuple[Task, ...], size: tuple[int, int]
) -> None:
    data = mixed_dataset(tasks, channels=channels, size=size)
    found = code_of(data)
    assert set(found.round(decimals=4).unique().tolist()) <= {-1.0, 0.0, 1.0}
    assert not found[0].any()  # the first image has no label at all
    labelled = torch.zeros(len(data), *size, dtype=torch.bool)
    for task in tasks:
        missing = task.missing(data.labels[task.name])
        labelled |= ~missing if isinstance(task, DenseTask) else ~task.unlabelled(data.labels[task.name])[:, None, None]
    if channels == 3 or len(tasks) < len(MIXED):
        assert torch.equal((found != 0).any(1), labelled)


def test_dense_labels_lie_in_red_and_blue_and_classes_in_green() -> None:
    data = mixed_dataset()
    found = code_of(data)
    whole, dense = by_level(data.tasks)
    of_pixels, of_images = code_of(data.restricted_to(dense)), code_of(data.restricted_to(whole))
    assert torch.equal(found[:, [0, 2]] != 0, of_pixels[:, [0, 2]] != 0)
    assert torch.equal(found[:, 1] != 0, of_images[:, 1] != 0)


def test_grey_images_are_shared_out_in_squares() -> None:
    first = squares((40, 40))
    assert first[:16, :16].all()
    assert not first[:16, 16:32].any()
    assert first[16:32, 16:32].all()


def test_two_tasks_are_the_two_frequencies_of_a_pattern() -> None:
    tasks = (Categorical("a", tuple("123")), Categorical("b", tuple("1234")))
    a, b = (column.flatten() for column in torch.meshgrid(torch.arange(3), torch.arange(4), indexing="ij"))
    data = ArrayDataset(
        tasks, torch.randint(256, (12, 3, 16, 16), dtype=torch.uint8), {"a": a, "b": b}, [*"abcdefghijkl"]
    )
    patterns = code_of(data)[:, 0]
    spectra = torch.fft.rfft2(patterns).abs()[:, : HIGHEST + 1]
    peaks = [divmod(int(its.argmax()), HIGHEST + 1) for its in spectra.flatten(1)]
    assert len(set(peaks)) == 12
    for task, place in (("a", 0), ("b", 1)):
        told = {
            int(label): {peak[place] for peak, own in zip(peaks, data.labels[task], strict=True) if own == label}
            for label in data.labels[task]
        }
        assert all(len(frequencies) == 1 for frequencies in told.values())


def test_a_missing_label_says_nothing_and_leaves_the_other_task_alone() -> None:
    tasks = (Categorical("a", tuple("123")), Categorical("b", tuple("1234")))
    labels = {"a": torch.tensor([0, 1, 2, -1]), "b": torch.tensor([0, 1, 2, 3])}
    data = ArrayDataset(tasks, torch.randint(256, (4, 3, 16, 16), dtype=torch.uint8), labels, [*"abcd"])
    pattern = code_of(data)[3, 0]
    assert (pattern == pattern[:1]).all()  # frequency 0 down
    assert not (pattern == pattern[:, :1]).all()


def test_tasks_are_dealt_evenly() -> None:
    tasks = [Categorical(name, tuple("12345678"[:count])) for name, count in (("a", 8), ("b", 2), ("c", 4), ("d", 3))]
    groups = dealt(tasks)
    assert [[task.name for task in group] for group in groups] == [["b", "c"], ["d", "a"]]
    assert dealt(tasks[:1]) == ([tasks[0]], [])


def test_patterns_that_images_are_full_of_are_left_out() -> None:
    loud = gratings((0, 4, 8))[3].repeat(2, 2)
    data = mixed_dataset(DENSE, size=(32, 32))
    images = ((0.5 + 0.4 * loud) * 255).to(torch.uint8).expand(12, 3, -1, -1)
    found = kept(DENSE, data.with_images(images))["patterns"]
    assert len(found) == 16
    shifts = list(itertools.product(range(4), repeat=2))
    for pattern in found:
        alike = [float((pattern.roll(shift, (-2, -1))[0] * loud[:PERIOD, :PERIOD]).mean().abs()) for shift in shifts]
        assert max(alike) < 1


def test_classes_of_one_mask_get_a_pattern_each() -> None:
    region = Segmentation("region", ("floor", "wall", "box"))
    labels = {"region": torch.arange(3).repeat(12, 16, 6)[:, :, :16].to(torch.int16)}
    data = ArrayDataset((region,), torch.randint(256, (12, 3, 16, 16), dtype=torch.uint8), labels, [*"abcdefghijkl"])
    code = DenseCode((region,), kept((region,), data))
    of_class = [code.paint({"region": torch.full((1, 4, 4), index, dtype=torch.int16)}, (4, 4)) for index in range(3)]
    assert all(not torch.equal(a, b) for a, b in itertools.combinations(of_class, 2))


def test_labels_that_fit_did_not_see_find_a_symbol() -> None:
    task = Categorical("a", tuple("123"))
    data = ArrayDataset(
        (task,), torch.randint(256, (4, 3, 16, 16), dtype=torch.uint8), {"a": torch.tensor([0, 1, 0, 1])}, [*"abcd"]
    )
    found = kept((task,), data)
    code = ImageCode((task,), found)
    assert found["gratings"].shape == ((LEVELS + 1) ** 2, 3, PERIOD, PERIOD)
    assert set(code.groups) == {GROUPS[0]}
    assert code.paint({"a": torch.tensor([2])}, (16, 16)).abs().min() == 1
    assert torch.equal(grating(0, 0), torch.ones(PERIOD, PERIOD))


def test_images_smaller_than_a_period_and_labels_all_missing() -> None:
    data = mixed_dataset(size=(9, 11))
    blank = {task.name: task.blank_labels(12, (9, 11)) for task in MIXED}
    assert not code_of(ArrayDataset(MIXED, data.images, blank, data.ids)).any()
    assert to_float(data.images).shape == code_of(data).shape
