"""How far released images are from the clean ones, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtlue.wording import counted

if TYPE_CHECKING:
    from mtlue.release.decoded import Difference


def shown_difference(difference: Difference) -> str:
    """The bound that holds, the mean and the PSNR.

    >>> from mtlue.release.decoded import Difference
    >>> shown_difference(Difference(largest=41, absolute=500, squared=2000, values=200))
    'a pixel differs by up to 41 levels, by 2.50 on average (PSNR 38.1 dB)'
    """
    largest = counted(difference.largest, "level")
    return f"a pixel differs by up to {largest}, by {difference.mean:.2f} on average (PSNR {difference.psnr:.1f} dB)"


def shown_bound(largest: int, epsilon: float) -> str:
    """How far the pixel that differs most is from its clean one, and how far it may be, both in levels.

    >>> shown_bound(8, 8.0)
    'largest change of any pixel: 8 levels; epsilon allows 8'
    """
    return f"largest change of any pixel: {counted(largest, 'level')}; epsilon allows {epsilon:g}"
