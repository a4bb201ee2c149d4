"""Label maps that tell their image, however its values are numbered; and masks, which do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mtlue.imaging.telltale import Disclosure, disclosure_of, first_disclosing

SIDES = st.tuples(st.integers(12, 260), st.integers(12, 260))


def picture(seed: int, size: tuple[int, int], channels: int = 1) -> np.ndarray:
    """[C, H, W]: smooth, with noise."""
    random = np.random.default_rng(seed)
    planes = []
    for _ in range(channels):
        coarse = Image.fromarray(random.integers(0, 256, (6, 6), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((size[1], size[0]), Image.Resampling.BICUBIC), float)
        planes.append((smooth + random.normal(0, 4, size)).clip(0, 255))
    return np.stack(planes).astype(np.uint8)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999), SIDES, st.sampled_from([1, 3]), st.integers(0, 2), st.booleans())
def test_a_copy_of_any_channel_tells_the_image(
    seed: int, size: tuple[int, int], channels: int, plane: int, classes: bool
) -> None:
    image = picture(seed, size, channels)
    copy = image[plane % channels]
    numbers = np.unique(copy, return_inverse=True)[1].reshape(size)
    assert disclosure_of(image, numbers if classes else copy.astype(np.float32) * -0.01, classes) is Disclosure.IMAGE


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 999), SIDES, st.integers(2, 12), st.booleans())
def test_masks_do_not_tell_a_photo(seed: int, size: tuple[int, int], classes: int, of_it: bool) -> None:
    image = picture(seed, size)
    grey = image[0].astype(int)
    noise = np.random.default_rng(seed).integers(0, classes, size)
    mask = np.digitize(grey, np.quantile(grey, [0.3, 0.8])) if of_it else noise
    assert disclosure_of(image, mask, True) is Disclosure.NOTHING


def test_depth_of_another_shape_and_blank_maps_tell_nothing() -> None:
    image = picture(0, (60, 80), 3)
    slope = np.add.outer(np.linspace(1, 5, 60), np.linspace(0, 3, 80))
    assert disclosure_of(image, slope, False) is Disclosure.NOTHING
    assert disclosure_of(image, np.stack([slope] * 3, axis=2), False) is Disclosure.NOTHING
    assert disclosure_of(image, np.zeros((60, 80), int), True) is Disclosure.NOTHING
    assert disclosure_of(np.zeros_like(image), np.arange(4800).reshape(60, 80) % 7, True) is Disclosure.NOTHING


def test_a_shirt_on_a_wall_is_not_told_by_its_mask() -> None:
    image = np.full((1, 64, 64), 250, np.uint8)
    random = np.random.default_rng(0)
    image += random.integers(0, 3, image.shape, dtype=np.uint8)
    image[:, 16:48, 20:44] = random.integers(5, 25, (1, 32, 24), dtype=np.uint8)
    assert disclosure_of(image, (image[0] < 100).astype(int), True) is Disclosure.NOTHING


def test_a_drawing_is_told_by_its_mask_and_counts_where_most_are() -> None:
    drawing = np.zeros((1, 30, 30), np.uint8)
    drawing[:, 5:20, 8:22] = 255
    assert disclosure_of(drawing, drawing[0] // 255, True) is Disclosure.DRAWING


@pytest.mark.parametrize(
    ("results", "first"),
    [
        ([], None),
        ([Disclosure.NOTHING, Disclosure.DRAWING], None),
        ([Disclosure.NOTHING, Disclosure.DRAWING, Disclosure.DRAWING], 1),
        ([Disclosure.DRAWING, Disclosure.NOTHING, Disclosure.NOTHING, Disclosure.IMAGE], 3),
    ],
)
def test_one_image_is_too_many_and_drawings_where_they_are_most(results: list[Disclosure], first: int | None) -> None:
    assert first_disclosing(results) == first
