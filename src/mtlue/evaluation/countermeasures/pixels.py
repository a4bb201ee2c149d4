"""From what a computation gives back to pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtlue.bounds import LEVELS

if TYPE_CHECKING:
    from torch import Tensor


def as_pixels(levels: Tensor) -> Tensor:
    """The nearest 8-bit levels.

    Args:
        levels: float of any range and shape; 0 is black and 255 white.

    Returns:
        uint8 of the same shape; what lies outside 0..255 is clipped.
    """
    return levels.round().clamp(0, LEVELS).byte()
