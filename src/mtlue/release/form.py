"""In which form images are released. Imports nothing heavy, as options speak of it before any library is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from mtlue.errors import InputError, param
from mtlue.suggestions import unknown

LOSSLESS: Mapping[str, bool] = {"png": True, "webp-lossless": True, "jpeg": False, "webp": False}
"""Format -> whether every pixel is read back as it was written. If not, the epsilon contract does not hold."""
QUALITIES = range(1, 101)
"""Of a lossy format, as libjpeg and libwebp count them."""
USUAL_QUALITY = 90
"""Files of about the size that cameras and websites write."""


@dataclass(frozen=True)
class ReleaseForm:
    """How images are released.

    Attributes:
        format: name in :data:`LOSSLESS`.
        native: whether each image keeps its own size.
        lossy: whether a lossy format may be used.
        quality: of a lossy format, in :data:`QUALITIES`; :data:`USUAL_QUALITY` where this is None. Who gives one knows
            that the format is lossy, so that ``lossy`` need not be given, too.
    """

    format: str = "png"
    native: bool = False
    lossy: bool = False
    quality: int | None = None

    @property
    def written_quality(self) -> int | None:
        """What files are written with; None where the format is lossless."""
        return None if LOSSLESS[self.format] else self.quality or USUAL_QUALITY

    def checked(self) -> Self:
        """The form itself.

        Raises:
            InputError: its format is unknown, or is lossy although that was not allowed; or a quality is out of range,
                or given for a lossless format.
        """
        if self.format not in LOSSLESS:
            raise InputError(f"{param('format')}: {unknown('format', self.format, list(LOSSLESS))}")
        self._check_quality()
        if not (LOSSLESS[self.format] or self.lossy or self.quality is not None):
            raise InputError(
                f"{param('format')} {self.format} loses part of the perturbation, and epsilon does not bound what it "
                f"changes: choose png or webp-lossless, or give {param('quality')} (such as {USUAL_QUALITY}) or "
                f"{param('lossy')} to say that you want that"
            )
        return self

    def _check_quality(self) -> None:
        if self.quality is None:
            return
        if LOSSLESS[self.format]:
            raise InputError(
                f"{param('quality')} {self.quality}: {self.format} keeps every pixel, so it has no quality: leave it "
                f"out, or choose {param('format')} jpeg or webp"
            )
        if self.quality not in QUALITIES:
            raise InputError(f"{param('quality')} {self.quality}: give {QUALITIES[0]} to {QUALITIES[-1]}")
