"""Image files of a release: which formats there are, and what each keeps of the perturbation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mtlue.errors import InputError


@dataclass(frozen=True)
class ImageFormat:
    """One way to write a released image.

    Attributes:
        suffix: of the file's name.
        lossless: whether every pixel is read back as it was written. If not, the epsilon contract does not hold.
        options: what Pillow is told.
    """

    suffix: str
    lossless: bool
    options: Mapping[str, Any] = field(default_factory=dict)


FORMATS: dict[str, ImageFormat] = {
    # level 6, Pillow's default, takes up to three times as long for files one per cent smaller (benchmarks/levers.py)
    "png": ImageFormat(".png", True, {"format": "PNG", "compress_level": 4}),
    "webp-lossless": ImageFormat(".webp", True, {"format": "WEBP", "lossless": True, "exact": True}),
    "jpeg": ImageFormat(".jpg", False, {"format": "JPEG", "quality": 95, "subsampling": 0}),
    "webp": ImageFormat(".webp", False, {"format": "WEBP", "quality": 95}),
}


@dataclass(frozen=True)
class ReleaseForm:
    """How images leave the house.

    Attributes:
        format: name in :data:`FORMATS`.
        native: whether each image keeps its own size.
        lossy: whether a lossy format may be used.
    """

    format: str = "png"
    native: bool = False
    lossy: bool = False

    def image_format(self) -> ImageFormat:
        """The format.

        Raises:
            InputError: it is unknown, or lossy without leave.
        """
        if self.format not in FORMATS:
            raise InputError(f"--format {self.format}: choose one of {', '.join(FORMATS)}")
        chosen = FORMATS[self.format]
        if not (chosen.lossless or self.lossy):
            raise InputError(
                f"--format {self.format} loses part of the perturbation and keeps no bound on it: "
                "choose png or webp-lossless, or give --lossy to say that you want that"
            )
        return chosen


def write_image(path: Path, image: Tensor, form: ImageFormat, profile: bytes | None) -> None:
    """Write uint8 [C, H, W], without EXIF, with its colour profile."""
    pixels = image[0] if image.shape[0] == 1 else image.permute(1, 2, 0)
    Image.fromarray(pixels.numpy()).save(path, icc_profile=profile, **form.options)


def read_image(path: Path, channels: int) -> Tensor:
    """A released image, uint8 [C, H, W]; grey ones that the format stores as colour are grey again."""
    return read_with_exif(path, channels)[0]


def read_with_exif(path: Path, channels: int) -> tuple[Tensor, bool]:
    """As :func:`read_image`, and whether the file carries EXIF data, such as the place and the camera."""
    with Image.open(path) as image:
        pixels = torch.from_numpy(np.array(image))
        exif = bool(image.getexif())
        stored_as_colour = channels == 1 and image.mode == "RGB" and FORMATS["webp"].suffix == path.suffix
    if stored_as_colour:
        pixels = pixels[:, :, 1]
    return pixels[None] if pixels.ndim == 2 else pixels.permute(2, 0, 1), exif


@dataclass
class Survival:
    """How much of a perturbation a lossy file keeps: the written change, projected on the perturbation.

    1 where every pixel is read back as it was written; 0 where nothing of the perturbation is left.
    """

    kept: float = 0.0
    whole: float = 0.0

    def add(self, clean: Tensor, protected: Tensor, written: Tensor) -> None:
        """Count one image: uint8 [C, H, W] before, after, and as read back from its file."""
        delta = protected.double() - clean.double()
        self.kept += float(((written.double() - clean.double()) * delta).sum())
        self.whole += float(delta.square().sum())

    @property
    def share(self) -> float:
        return self.kept / self.whole if self.whole else 1.0
