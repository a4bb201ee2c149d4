"""The perturbation's bounds: epsilon, the ranges 0..1 and 0..255, and rounding that never leaves the epsilon-ball.

Inside the package images on the device are float in 0..1 and epsilon is in the same unit (8/255 by default).
On disk and at the command line everything is in levels, 1/255 each.
"""

import math

import torch
from torch import Tensor

from mtlue.errors import InputError

LEVELS = 255
DEFAULT_EPSILON = 8 / LEVELS
_ROUNDING_SLACK = 1e-3
"""In levels. A float epsilon such as 8/255 must count as 8 whole levels after the detour over float32."""


def check_epsilon(epsilon: float) -> float:
    """Return ``epsilon`` (0..1) or raise :class:`InputError` if no 8-bit image could carry it."""
    if not (math.isfinite(epsilon) and 1 / LEVELS - 1e-6 <= epsilon <= 1):
        raise InputError(f"epsilon {epsilon * LEVELS:g}/255 is out of range: give 1 to 255 levels (the paper uses 8)")
    return epsilon


def whole_levels(epsilon: float) -> int:
    """The largest number of whole 8-bit levels within ``epsilon`` (0..1)."""
    return math.floor(check_epsilon(epsilon) * LEVELS + _ROUNDING_SLACK)


def to_float(images: Tensor) -> Tensor:
    """uint8 images 0..255 to float32 0..1; float images pass unchanged."""
    return images.float() / LEVELS if images.dtype == torch.uint8 else images


def clip(images: Tensor, delta: Tensor, epsilon: float) -> Tensor:
    """Bring ``delta`` into the epsilon-ball and ``images + delta`` into 0..1.

    Args:
        images: [B, C, H, W], float 0..1.
        delta: the same shape, float, any values; NaN and infinities count as 0 and as the bound.
        epsilon: bound on every entry, 0..1.

    Returns:
        delta', the same shape, with |delta'| <= epsilon and 0 <= images + delta' <= 1.
    """
    bounded = torch.nan_to_num(delta, nan=0.0, posinf=epsilon, neginf=-epsilon).clamp(-epsilon, epsilon)
    return torch.minimum(torch.maximum(bounded, -images), 1 - images)


def add_rounded(images: Tensor, delta: Tensor, epsilon: float) -> Tensor:
    """Add ``delta`` to 8-bit images: nearest level, then clipped to the whole levels within epsilon.

    Args:
        images: [..., C, H, W], uint8.
        delta: the same shape, float, in 0..1 units.
        epsilon: bound, 0..1.

    Returns:
        uint8 images with |result - images| <= floor(255 * epsilon) in every pixel.
    """
    bound = whole_levels(epsilon)
    steps = torch.nan_to_num(delta * LEVELS, nan=0.0).round().clamp(-bound, bound).to(torch.int16)
    return (images.to(torch.int16) + steps).clamp(0, LEVELS).to(torch.uint8)


def largest_difference(first: Tensor, second: Tensor) -> int:
    """The largest absolute difference of two uint8 tensors of one shape, in levels."""
    if first.numel() == 0:
        return 0
    return int((first.to(torch.int16) - second.to(torch.int16)).abs().max())
