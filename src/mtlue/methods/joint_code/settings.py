"""Settings of the joint code. Imports nothing heavy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mtlue.errors import InputError, check_least, param
from mtlue.registry import Settings

LARGEST_TILE = 64
"""Pixels after which a pattern repeats, at most."""


@dataclass(frozen=True)
class Waves:
    """What a code's patterns are made of.

    Attributes:
        luminance: whether they are equal in all channels, instead of having a colour each.
        periods: of the square waves, in pixels, even.
        spacings: pixels between the turns of a pattern's sign, one for each symbol.
    """

    luminance: bool
    periods: tuple[int, ...]
    spacings: tuple[int, ...]

    @property
    def coarsest(self) -> int:
        """Period of the chessboard for pixels without a label of their own: the longest, or twice the only one."""
        return max(self.periods) if len(self.periods) > 1 else 2 * self.periods[0]

    @property
    def tile(self) -> int:
        """Pixels after which every pattern repeats, down and across."""
        return math.lcm(*self.periods, self.coarsest)


_LUMINANCE = Waves(True, (4, 8), (64, 24, 16, 12, 8, 32, 20, 40))
_COLOURS = Waves(False, (2,), (64, 16, 10, 7, 5, 4, 12, 8))
_GREY = Waves(False, (2, 4), _COLOURS.spacings)
"""One channel has no colours: it takes waves of two periods instead."""


@dataclass(frozen=True)
class JointCodeSettings(Settings):
    """Settings of the joint code.

    Args:
        luminance: patterns are waves in luminance, of cells of 2 by 2 pixels and more, and the last of several channels
            shows nothing but the labels of the whole image. Greyscale and JPEG of quality 75 leave more of them than of
            the default's waves of single pixels, each in one of several colours.
        periods: of the square waves, in pixels, even and all different (the smallest cell is half the shortest one); by
            default 2 (2 4 in images of one channel), and 4 8 in luminance.
        spacings: pixels between the turns of a pattern's sign: a number for each symbol that a group of tasks with one
            label per image may have, all different; by default 64 16 10 7 5 4 12 8, and 64 24 16 12 8 32 20 40 in
            luminance.
        code_images: images that symbols of labels per pixel and their patterns are found on, at most.
        code_pixels: pixels of each of these images.
    """

    luminance: bool = False
    periods: tuple[int, ...] = ()
    spacings: tuple[int, ...] = ()
    code_images: int = 500
    code_pixels: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, code_images=1, code_pixels=1)
        if self.spacings and (len(set(self.spacings)) < max(2, len(self.spacings)) or min(self.spacings) < 1):
            raise InputError(
                f"{_given('spacings', self.spacings)}: give at least two different numbers, 1 or more each"
            )
        if self.periods:
            self._check_periods()

    def waves(self, channels: int) -> Waves:
        """What the code of images of so many channels is made of."""
        own = _LUMINANCE if self.luminance else _GREY if channels == 1 else _COLOURS
        return Waves(self.luminance, self.periods or own.periods, self.spacings or own.spacings)

    def _check_periods(self) -> None:
        given = _given("periods", self.periods)
        if len(set(self.periods)) < len(self.periods) or any(period < 2 or period % 2 for period in self.periods):
            raise InputError(f"{given}: give even numbers, 2 or more each, all different")
        tile = self.waves(channels=3).tile
        if tile > LARGEST_TILE:
            raise InputError(f"{given}: their patterns repeat after {tile} pixels: at most {LARGEST_TILE} are possible")


def _given(name: str, numbers: Sequence[int]) -> str:
    return f"{param(name)} {' '.join(map(str, numbers))}"
