"""The perturbation's bounds: epsilon, the ranges 0..1 and 0..255, and rounding that never leaves the epsilon-ball.

Inside the package images on the device are float in 0..1 and epsilon is in the same unit (8/255 by default).
On disk and at the command line everything is in levels, 1/255 each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import TYPE_CHECKING, Literal

from mtlue.errors import InputError, param
from mtlue.suggestions import unknown

if TYPE_CHECKING:  # options speak of epsilon before torch is imported
    from torch import Tensor

LEVELS = 255
DEFAULT_EPSILON = 8 / LEVELS
Strength = Literal["subtle", "standard", "strong"]
STRENGTHS: Mapping[str, float] = {"subtle": 4.0, "standard": 8.0, "strong": 16.0}
"""Epsilon in levels by a word for it; ``standard`` is the default and the paper's."""
_ROUNDING_SLACK = 1e-3
"""In levels. A float epsilon such as 8/255 must count as 8 whole levels after a round trip through float32."""


def check_epsilon(epsilon: float) -> float:
    """Return ``epsilon`` (0..1) or raise :class:`InputError` if no 8-bit image could carry it."""
    if not isinstance(epsilon, Real):
        raise InputError(f"{param('epsilon')} {epsilon!r} is no number: give a share of 1, such as 8 / 255")
    if not _fits(float(epsilon)):
        raise InputError(_out_of_range(f"{epsilon * LEVELS:g}/255"))
    return float(epsilon)


def _fits(epsilon: float) -> bool:
    return math.isfinite(epsilon) and 1 / LEVELS - 1e-6 <= epsilon <= 1


def _out_of_range(given: str) -> str:
    return f"{param('epsilon')} {given} is out of range: give 1 to 255 levels (the paper uses 8)"


def to_levels(epsilon: float) -> float:
    """Epsilon of 0..1 in levels of 1/255, as people write it: without float's noise in the seventh digit.

    >>> to_levels(8 / 255)
    8.0
    """
    return round(epsilon * LEVELS, 6)


def from_levels(levels: float) -> float:
    """Levels of 1/255 as epsilon of 0..1, checked.

    Raises:
        InputError: no 8-bit image could carry it; the text names it in levels, as it was given.
    """
    if not _fits(levels / LEVELS):
        raise InputError(_out_of_range(f"{levels:g}"))
    return levels / LEVELS


def chosen_epsilon(epsilon: float | None, strength: str | None) -> float:
    """Epsilon of 0..1, which is given as a number or as a word; the default where neither is.

    >>> to_levels(chosen_epsilon(None, "subtle"))
    4.0

    Args:
        epsilon: 0..1; None where it is not given.
        strength: of :data:`STRENGTHS`; None where it is not given.

    Raises:
        InputError: both are given, the word is unknown, or no 8-bit image could carry epsilon.
    """
    if strength is None:
        return DEFAULT_EPSILON if epsilon is None else check_epsilon(epsilon)
    if strength not in STRENGTHS:
        raise InputError(unknown("strength", str(strength), STRENGTHS))
    if epsilon is not None:
        levels = STRENGTHS[strength]
        raise InputError(
            f"{param('strength')} {strength} is {param('epsilon')} {levels:g}/255, and {param('epsilon')} is given, "
            "too: leave one of them out"
        )
    return from_levels(STRENGTHS[strength])


def whole_levels(epsilon: float) -> int:
    """The largest number of whole 8-bit levels within ``epsilon`` (0..1)."""
    return math.floor(check_epsilon(epsilon) * LEVELS + _ROUNDING_SLACK)


def to_float(images: Tensor) -> Tensor:
    """uint8 images 0..255 to float32 0..1; float images pass unchanged."""
    return images if images.is_floating_point() else images.float() / LEVELS


def clip(images: Tensor, delta: Tensor, epsilon: float) -> Tensor:
    """Bring ``delta`` into the epsilon-ball and ``images + delta`` into 0..1.

    Args:
        images: [B, C, H, W], float 0..1.
        delta: the same shape, float, any values; NaN and infinities count as 0 and as the bound.
        epsilon: bound on every entry, 0..1.

    Returns:
        delta', the same shape, with |delta'| <= epsilon and 0 <= images + delta' <= 1.
    """
    bounded = delta.nan_to_num(nan=0.0, posinf=epsilon, neginf=-epsilon).clamp(-epsilon, epsilon)
    return bounded.maximum(-images).minimum(1 - images)


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
    steps = (delta * LEVELS).nan_to_num(nan=0.0).round().clamp(-bound, bound).short()
    return (images.short() + steps).clamp(0, LEVELS).byte()


def largest_difference(first: Tensor, second: Tensor) -> int:
    """The largest absolute difference of two uint8 tensors of one shape, in levels."""
    if first.numel() == 0:
        return 0
    return int((first.short() - second.short()).abs().max())
