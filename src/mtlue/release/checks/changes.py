"""How a released image differs from its clean one: within the bound, by enough to protect, and the same image."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from mtlue.bounds import LEVELS, largest_difference, whole_levels
from mtlue.release.decoded import Difference
from mtlue.release.formats import ImageFormat

_FEW_VALUES = 0.01
"""Share of an image's values; where fewer change, hardly anything is protected."""
_BLOCK = 16
"""Side of the squares, in pixels, that must each show the same as in the clean image: VP8 works in such."""
_CODEC_TOLERANCE = 1.01
"""Times what the format loses: an image that changed by no more may be its clean one, written by another encoder."""
_SAME = 0.25
"""Share of the bound, on average, within which it is."""
_LOSS_FACTOR, _LOSS_LEVELS = 2, 4
"""How much more a lossy format may lose of a protected image than of the clean one: what it loses depends on both."""


class TooDifferentError(Exception):
    """A released image is not within the bound of its clean one; the text says by how much, as a predicate."""


@dataclass(frozen=True, slots=True)
class Change:
    """What protecting changed in an image; nothing is known without its clean one.

    Attributes:
        levels: largest change of a value.
        none: whether the image is as its clean one, or as that is when it is written in the same lossy format.
        hardly: whether it changed by one level at most, or in very few values.
        difference: of a lossy image from its clean one, as it is decoded.
    """

    levels: int | None
    none: bool = False
    hardly: bool = False
    difference: Difference | None = None


def lossless_change(before: Tensor, after: Tensor, epsilon: float) -> Change:
    """Compare an image with its clean one, uint8 [C, H, W] each.

    Args:
        epsilon: bound in levels.

    Raises:
        TooDifferentError: some value is outside the bound.
    """
    levels = 0 if torch.equal(before, after) else largest_difference(after, before)
    if levels > whole_levels(epsilon / LEVELS):
        raise TooDifferentError(f"differs by {levels} levels from its clean image, more than {epsilon:g}")
    few = int((before != after).sum()) < _FEW_VALUES * before.numel()
    return Change(levels, none=levels == 0, hardly=levels > 0 and (levels == 1 or few))


def lossy_change(before: Tensor, after: Tensor, epsilon: float, form: ImageFormat, largest: int | None) -> Change:
    """As :func:`lossless_change`, apart from what the format loses of the clean image.

    Epsilon bounds no single value. Averaged over small squares, though, a change is the perturbation and what the
    format loses; a larger one is another image.

    Args:
        largest: change of a value that the manifest allows, in levels; None where it does not say.

    Raises:
        TooDifferentError: some square is far outside the bound, or some value changed by more than ``largest``.
    """
    written = form.decode(form.encode(before), len(before)).float()
    lost, changed = (written - before).abs(), (after.float() - before).abs()
    limit = epsilon + _LOSS_FACTOR * _largest_square(lost) + _LOSS_LEVELS
    if (away := _largest_square(changed)) > limit:
        raise TooDifferentError(
            f"shows a different image from the clean one: up to {away:.0f} levels away, where at most {limit:.0f} are "
            "possible"
        )
    difference = Difference.of(before, after)
    none = changed.mean() <= _CODEC_TOLERANCE * lost.mean() and (after - written).abs().mean() <= _SAME * epsilon
    if largest is not None and difference.largest > largest:
        anew = "is the clean image written anew, so nothing is protected, and " if none else ""
        raise TooDifferentError(
            f"{anew}differs by {difference.largest} levels from its clean image, more than the {largest} of the "
            "manifest"
        )
    return Change(difference.largest, none=bool(none), difference=difference)


def _largest_square(difference: Tensor) -> float:
    """The largest mean over a square of the image, of all channels: [C, H, W] -> levels."""
    squares = F.avg_pool2d(difference.mean(0, keepdim=True)[None], _BLOCK, ceil_mode=True)
    return float(squares.max())
