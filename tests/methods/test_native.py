"""A perturbation at an image's own size: bounded everywhere, and itself again at the working size."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mtlue.data.files.images import working_box
from mtlue.data.transforms import Pipeline
from mtlue.methods.native import enlarge

SIDES = st.integers(8, 60)


@settings(max_examples=40, deadline=None)
@given(SIDES, SIDES, SIDES, SIDES, st.sampled_from([None, 8, 40, 90]), st.floats(1 / 255, 16 / 255))
def test_any_size_is_covered_within_epsilon(
    height: int, width: int, h: int, w: int, center_crop: int | None, epsilon: float
) -> None:
    delta = epsilon * torch.randn(3, h, w).clamp(-1, 1)
    box = working_box((height, width), Pipeline((h, w), center_crop=center_crop))
    large = enlarge(delta, (height, width), box, epsilon)
    assert large.shape == (3, height, width)
    assert large.abs().max() <= epsilon * (1 + 1e-6)


def test_the_working_size_itself_is_left_alone() -> None:
    delta = torch.randn(3, 20, 24)
    assert enlarge(delta, (20, 24), (0, 0, 24, 20), 10.0) is delta


@pytest.mark.parametrize("size", [(64, 64), (100, 80), (80, 100), (200, 50)])
def test_shrinking_gives_the_perturbation_back(size: tuple[int, int]) -> None:
    epsilon, pipeline = 8 / 255, Pipeline((32, 32))
    smooth = torch.nn.functional.interpolate(torch.randn(1, 1, 10, 10), (32, 32), mode="bicubic")[0]
    delta = epsilon * torch.tanh(smooth)
    box = working_box(size, pipeline)
    large = enlarge(delta, size, box, epsilon)[0].numpy().astype(np.float32)
    small = np.asarray(Image.fromarray(large).resize((32, 32), Image.Resampling.BILINEAR, box=box))
    assert np.corrcoef(small.ravel(), delta.numpy().ravel())[0, 1] > 0.95


def test_outside_the_box_it_goes_on_mirrored() -> None:
    delta = torch.arange(8.0).repeat(8, 1)[None] / 100
    large = enlarge(delta, (8, 20), (6, 0, 14, 8), 1.0)[0, 0]
    expected = [5, 4, 3, 2, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 6, 5, 4, 3, 2]
    assert [round(float(value) * 100) for value in large] == expected
