"""The measures of an image against plain computations, one image and one pixel at a time."""

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtlue.fidelity.areas import flat, near_white
from mtlue.fidelity.colour import ciede2000, lab
from mtlue.fidelity.measures import measure

SHAPES = [(3, 3, 17, 23), (2, 1, 17, 23), (1, 3, 11, 40), (1, 1, 5, 3), (1, 3, 1, 1)]


def pair(shape: tuple[int, ...], levels: int = 8) -> tuple[Tensor, Tensor]:
    """Images of some texture, a flat grey and a flat white part, before and after a change."""
    before = torch.randint(256, shape, dtype=torch.uint8)
    half = max(1, shape[2] // 2)
    before[..., :half, :] = 100
    before[..., :half, shape[3] // 2 :] = 250
    change = torch.randint(-levels, levels + 1, shape)
    change[..., 0, 0] = levels  # none is unchanged
    return before, (before.int() + change).clamp(0, 255).byte()


def plain_flat(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """[C, H, W] -> [H, W], window by window."""
    luma = image[0].astype(float) if len(image) == 1 else np.tensordot((0.299, 0.587, 0.114), image.astype(float), 1)
    height, width = luma.shape
    return np.array(
        [[luma[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4].std() < 2 for x in range(width)] for y in range(height)]
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_every_measure_is_what_its_definition_says(shape: tuple[int, ...]) -> None:
    before, after = pair(shape)
    found = measure(before, after)
    difference = ciede2000(lab(before), lab(after)).double().numpy()
    for i in range(shape[0]):
        one, other = before[i].numpy(), after[i].numpy()
        change = other.astype(float) - one.astype(float)
        expected = {
            "psnr": 10 * math.log10(255**2 / (change**2).mean()),
            "ciede2000": difference[i].mean(),
            "flat": _mean(difference[i], plain_flat(one)),
            "near_white": _mean(difference[i], np.all(one >= 240, axis=0, keepdims=True)[0]),
            "colour_cast": np.abs(change.mean((1, 2))).mean(),
        }
        for name, value in expected.items():
            assert float(found[name][i]) == pytest.approx(value, abs=1e-3, nan_ok=True), name
        assert math.isnan(float(found["ssim"][i])) == (min(shape[2:]) < 11)


def _mean(values: NDArray[np.float64], area: NDArray[np.bool_]) -> float:
    return float(values[area].mean()) if area.mean() >= 0.01 else math.nan


def plain_ssim(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Wang et al. (2004) on windows that lie within a single channel [H, W]; Gaussian of 11 pixels, sigma 1.5."""
    bell = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights = np.outer(bell, bell) / bell.sum() ** 2
    values = []
    one, other = (np.pad(image, 5, mode="reflect") for image in (one, other))
    for y in range(one.shape[0] - 10):
        for x in range(one.shape[1] - 10):
            a, b = one[y : y + 11, x : x + 11], other[y : y + 11, x : x + 11]
            m_a, m_b = (weights * a).sum(), (weights * b).sum()
            v_a, v_b = (weights * (a - m_a) ** 2).sum(), (weights * (b - m_b) ** 2).sum()
            joint = (weights * (a - m_a) * (b - m_b)).sum()
            c_1, c_2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
            values.append((2 * m_a * m_b + c_1) * (2 * joint + c_2) / (m_a**2 + m_b**2 + c_1) / (v_a + v_b + c_2))
    return float(np.mean(values))


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_is_the_mean_over_channels(channels: int) -> None:
    before, after = pair((1, channels, 17, 23), levels=30)
    values = [plain_ssim(before[0, c].double().numpy(), after[0, c].double().numpy()) for c in range(channels)]
    assert float(measure(before, after)["ssim"]) == pytest.approx(np.mean(values), abs=2e-3)


def test_a_cast_is_told_from_noise_and_counted_in_levels() -> None:
    before = torch.full((1, 3, 20, 20), 128, dtype=torch.uint8)
    noise = torch.ones(1, 3, 20, 20).int()
    noise[..., ::2] = -1
    assert float(measure(before, (before + 8 * noise).byte())["colour_cast"]) == 0
    pinkish = before + torch.tensor([8, 0, 4], dtype=torch.uint8)[:, None, None]
    assert float(measure(before, pinkish)["colour_cast"]) == 4


def test_areas() -> None:
    images = torch.full((1, 3, 9, 9), 240, dtype=torch.uint8)
    assert near_white(images).all()
    assert flat(images).all()
    images[0, 1, 4, 4] = 239
    assert near_white(images).sum() == 80
    assert flat(images).all()
    images[0, :, 4, 4] = 0
    assert not flat(images)[0, 1:8, 1:8].any()
    assert flat(images)[0, 0].all()


def test_a_few_white_pixels_are_no_area() -> None:
    before = torch.full((2, 1, 20, 20), 100, dtype=torch.uint8)
    before[0, 0, 0, :3] = 255
    before[1, 0, 0, :4] = 255
    found = measure(before, before - 2)["near_white"]
    assert found.isnan().tolist() == [True, False]
