import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mtlue.bounds import add_rounded, check_epsilon, clip, largest_difference, to_float, whole_levels
from mtlue.errors import InputError

LEVELS = st.floats(1, 255)
SEEDS = st.integers(0, 2**31)


def draw(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(256, (2, 3, 5, 4), dtype=torch.uint8, generator=generator)
    delta = torch.randn(images.shape, generator=generator) * 10 ** float(
        torch.randint(-4, 3, (1,), generator=generator)
    )
    delta[0, 0, 0] = torch.tensor([math.nan, math.inf, -math.inf, 0.0])
    return images, delta


@given(SEEDS, LEVELS)
def test_clip_keeps_delta_in_the_ball_and_images_in_range(seed: int, levels: float) -> None:
    images, delta = draw(seed)
    epsilon = levels / 255
    clipped = clip(to_float(images), delta, epsilon)
    assert clipped.abs().max() <= epsilon + 1e-7
    perturbed = to_float(images) + clipped
    assert perturbed.min() >= 0
    assert perturbed.max() <= 1 + 1e-7


@given(SEEDS, LEVELS)
def test_rounding_never_leaves_the_ball(seed: int, levels: float) -> None:
    images, delta = draw(seed)
    released = add_rounded(images, delta, levels / 255)
    assert released.dtype == torch.uint8
    assert largest_difference(released, images) <= math.floor(levels + 1e-3)


def test_rounding_goes_to_the_nearest_level() -> None:
    images = torch.full((1, 1, 1, 4), 100, dtype=torch.uint8)
    delta = torch.tensor([0.4, 0.6, -0.6, 7.9]).div(255).view(1, 1, 1, 4)
    assert add_rounded(images, delta, 8 / 255).flatten().tolist() == [100, 101, 99, 108]


@pytest.mark.parametrize("levels", [1, 2, 7, 8, 16, 254, 255])
def test_whole_epsilons_lose_no_level(levels: int) -> None:
    assert whole_levels(levels / 255) == levels
    assert whole_levels(float(torch.tensor(levels / 255, dtype=torch.float32))) == levels


@pytest.mark.parametrize("epsilon", [0, -1, 0.5 / 255, 1.01, math.nan, math.inf])
def test_epsilons_that_no_image_can_carry_are_refused(epsilon: float) -> None:
    with pytest.raises(InputError, match="epsilon"):
        check_epsilon(epsilon)
