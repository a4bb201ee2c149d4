"""In which form images are released. Imports nothing heavy, as options speak of it before any library is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from mtlue.errors import InputError, param
from mtlue.suggestions import unknown

LOSSLESS: Mapping[str, bool] = {"png": True, "webp-lossless": True, "jpeg": False, "webp": False}
"""Format -> whether every pixel is read back as it was written. If not, the epsilon contract does not hold."""


@dataclass(frozen=True)
class ReleaseForm:
    """How images are released.

    Attributes:
        format: name in :data:`LOSSLESS`.
        native: whether each image keeps its own size.
        lossy: whether a lossy format may be used.
    """

    format: str = "png"
    native: bool = False
    lossy: bool = False

    def checked(self) -> Self:
        """The form itself.

        Raises:
            InputError: its format is unknown, or is lossy although that was not allowed.
        """
        if self.format not in LOSSLESS:
            raise InputError(f"{param('format')}: {unknown('format', self.format, list(LOSSLESS))}")
        if not (LOSSLESS[self.format] or self.lossy):
            raise InputError(
                f"{param('format')} {self.format} loses part of the perturbation and keeps no bound on it: "
                f"choose png or webp-lossless, or give {param('lossy')} to say that you want that"
            )
        return self
