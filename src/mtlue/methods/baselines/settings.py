"""Settings of the baselines without surrogates. Imports nothing heavy."""

from dataclasses import dataclass

from mtlue.errors import check_least, check_positive
from mtlue.registry import Settings


@dataclass(frozen=True)
class LspSettings(Settings):
    """Settings of LSP.

    Args:
        square: side of a flat square in pixels, 1 or more; 8 on images of 32 pixels in the paper. It is halved where
            it gives too few different patterns for the classes.
    """

    square: int = 8

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, square=1)


@dataclass(frozen=True)
class AutoregressiveSettings(Settings):
    """Settings of AR.

    Args:
        scale: root mean square of a pattern, as a share of epsilon, before it is cut at epsilon; above 0. With the
            default most values reach epsilon. The original's L2 norm of 1 on 32x32x3 values is a scale of 0.58 at
            epsilon = 8/255, and misleads small learners little.
    """

    scale: float = 3.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "scale")
