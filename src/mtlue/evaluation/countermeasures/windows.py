"""Settings of filters that look at a window around each pixel."""

from dataclasses import dataclass

from mtlue.errors import InputError, check_least, check_most
from mtlue.registry import Settings

_MOST_SIDE = 31


@dataclass(frozen=True)
class WindowSettings(Settings):
    """The window.

    Args:
        size: side in pixels, odd, 3 to 31.
    """

    size: int = 3

    def __post_init__(self) -> None:
        check_least(self, size=3)
        check_most(self, size=_MOST_SIDE)
        if self.size % 2 == 0:
            raise InputError(f"size {self.size}: give an odd number, so that the window has a middle")
