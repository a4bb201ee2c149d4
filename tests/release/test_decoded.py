"""How far decoded files are from clean images, against NumPy and torchmetrics."""

import math

import numpy as np
import pytest
import torch
from torchmetrics.functional.image import peak_signal_noise_ratio

from mtlue.release.decoded import Difference, WrittenFiles


def pair(seed: int, channels: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    clean, decoded = torch.randint(256, (2, channels, 17, 23), generator=generator, dtype=torch.uint8)
    return clean, decoded


@pytest.mark.parametrize("channels", [1, 3])
def test_it_is_what_numpy_says(channels: int) -> None:
    pairs = [pair(seed, channels) for seed in range(3)]
    summed = sum((Difference.of(*images) for images in pairs), Difference())
    clean, decoded = (np.stack([images[side].numpy() for images in pairs]).astype(int) for side in (0, 1))
    assert summed.largest == np.abs(clean - decoded).max()
    assert summed.mean == pytest.approx(np.abs(clean - decoded).mean())
    known = peak_signal_noise_ratio(torch.tensor(decoded).float(), torch.tensor(clean).float(), data_range=255.0)
    assert summed.psnr == pytest.approx(float(known), abs=1e-3)
    assert summed.values == 3 * channels * 17 * 23


def test_the_order_does_not_matter() -> None:
    first, second, third = (Difference.of(*pair(seed, 3)) for seed in range(3))
    assert first + second + third == third + (second + first)
    assert Difference() + first == first


def test_where_nothing_differs() -> None:
    clean, _ = pair(0, 1)
    same = Difference.of(clean, clean)
    assert (same.largest, same.mean, same.psnr) == (0, 0.0, math.inf)
    assert (Difference().mean, Difference().psnr) == (0.0, math.inf)


def test_the_record_says_no_more_than_is_known() -> None:
    assert WrittenFiles(10).to_json() == {"bytes": 10, "source_bytes": None, "survival": 1.0}
    lossy = WrittenFiles(10, 30, 0.5, Difference(9, 20, 80, 10))
    assert lossy.to_json() == {
        "bytes": 10,
        "source_bytes": 30,
        "survival": 0.5,
        "mean_change": 2.0,
        "psnr": pytest.approx(39.1, abs=0.01),
    }
