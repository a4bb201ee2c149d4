"""What can be set of a transformation. Imports nothing heavy, as options name them."""

from dataclasses import dataclass

from mtlue.errors import check_least, check_most
from mtlue.registry import Settings

MOST_SIGMA = 64.0
LEAST_SCALE = 0.1


@dataclass(frozen=True)
class BlurSettings(Settings):
    """How far :class:`~mtlue.methods.transformations.blur.Blur` blurs.

    Args:
        sigma: the largest standard deviation, in pixels, 0 to 64.
    """

    sigma: float = 1.0

    def __post_init__(self) -> None:
        check_least(self, sigma=0)
        check_most(self, sigma=MOST_SIGMA)


@dataclass(frozen=True)
class ResizeSettings(Settings):
    """How far :class:`~mtlue.methods.transformations.resize.Resize` shrinks.

    Args:
        scale: the smallest share of each side, 0.1 to 1.
    """

    scale: float = 0.5

    def __post_init__(self) -> None:
        check_least(self, scale=LEAST_SCALE)
        check_most(self, scale=1)


@dataclass(frozen=True)
class JpegSettings(Settings):
    """How strongly :class:`~mtlue.methods.transformations.jpeg.Jpeg` compresses.

    Args:
        low: the lowest quality, 1 to 100.
        high: the highest quality, low to 100.
    """

    low: int = 10
    high: int = 75

    def __post_init__(self) -> None:
        check_least(self, low=1, high=self.low)
        check_most(self, high=100)


@dataclass(frozen=True)
class BitsSettings(Settings):
    """How few levels :class:`~mtlue.methods.transformations.bits.Bits` leaves.

    Args:
        depth: the fewest bits per channel, 1 to 8.
        most: the most bits, depth to 8.
    """

    depth: int = 2
    most: int = 4

    def __post_init__(self) -> None:
        check_least(self, depth=1, most=self.depth)
        check_most(self, most=8)
