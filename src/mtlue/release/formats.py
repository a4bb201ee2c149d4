"""Image files of a release: which formats there are, and what each keeps of the perturbation."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mtlue.release.containers import jpeg, png, webp
from mtlue.release.containers.contents import ContainerError, Contents
from mtlue.release.form import LOSSLESS, USUAL_QUALITY
from mtlue.release.profiles import colour_only


@dataclass(frozen=True)
class ImageFormat:
    """One way to write a released image.

    Attributes:
        suffix: of the file's name.
        lossless: as in :data:`mtlue.release.form.LOSSLESS`.
        options: for Pillow.
        examine: walks a file's parts without decoding a pixel.
        check_stream: proves that the compressed pixels are all that is in their place, once their number is plausible.
    """

    suffix: str
    lossless: bool
    options: Mapping[str, Any]
    examine: Callable[[bytes], Contents]
    check_stream: Callable[[Contents], None]

    def encode(self, image: Tensor, profile: bytes | None = None) -> bytes:
        """A file of uint8 [C, H, W], without EXIF, with its colour profile as it is."""
        stream = io.BytesIO()
        pixels = image[0] if image.shape[0] == 1 else image.permute(1, 2, 0)
        Image.fromarray(pixels.numpy()).save(stream, icc_profile=profile, **self.options)
        return stream.getvalue()

    def decode(self, content: bytes, channels: int) -> Tensor:
        """Pixels of a file's bytes, uint8 [C, H, W], by this format's decoder alone.

        Raises:
            ContainerError: they cannot be decoded, or are not of these channels.
        """
        try:
            with Image.open(io.BytesIO(content), formats=[self.options["format"]]) as image:
                pixels, mode = np.array(image), image.mode
        except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
            raise ContainerError(f"it cannot be decoded ({error})") from error
        if channels == 1 and mode == "RGB" and self.suffix == ".webp":  # the format has no grey
            if self.lossless and (pixels != pixels[:, :, 1:2]).any():
                raise ContainerError("it holds colours, but the release is grey")
            return torch.from_numpy(pixels[:, :, 1].copy())[None]
        if mode != ("L" if channels == 1 else "RGB"):
            raise ContainerError(f"its pixels are {mode}, but the release has {channels} channels")
        return torch.from_numpy(pixels)[None] if channels == 1 else torch.from_numpy(pixels).permute(2, 0, 1)


def _jpeg(quality: int) -> ImageFormat:
    examine = partial(jpeg.examine_jpeg, quality=quality)
    return ImageFormat(".jpg", LOSSLESS["jpeg"], jpeg.options(quality), examine, jpeg.check_jpeg_stream)


def _webp(quality: int) -> ImageFormat:
    """The lossy kind always halves the resolution of colour (4:2:0)."""
    options = {"format": "WEBP", "quality": quality}
    return ImageFormat(".webp", LOSSLESS["webp"], options, webp.examine_lossy, webp.check_lossy_stream)


_LOSSY: Mapping[str, Callable[[int], ImageFormat]] = {"jpeg": _jpeg, "webp": _webp}
FORMATS: dict[str, ImageFormat] = {
    "png": ImageFormat(
        ".png",
        LOSSLESS["png"],
        # level 6, Pillow's default, takes up to three times as long for files 1 % smaller (benchmarks/levers.py)
        {"format": "PNG", "compress_level": 4},
        png.examine_png,
        png.check_png_stream,
    ),
    "webp-lossless": ImageFormat(
        ".webp",
        LOSSLESS["webp-lossless"],
        {"format": "WEBP", "lossless": True, "exact": True},
        webp.examine_lossless,
        webp.check_lossless_stream,
    ),
    **{name: made(USUAL_QUALITY) for name, made in _LOSSY.items()},
}
"""By name; lossy ones at their usual quality."""


def image_format(name: str, quality: int | None) -> ImageFormat:
    """A format by its name, a lossy one at a quality; None stands for the usual one, and for lossless ones."""
    return FORMATS[name] if quality is None else _LOSSY[name](quality)


def image_file(image: Tensor, form: ImageFormat, profile: bytes | None) -> bytes:
    """A file of uint8 [C, H, W], without EXIF, with its colour profile reduced to what colour needs."""
    return form.encode(image, colour_only(profile) if profile else None)


def read_released_image(path: Path, channels: int, form: ImageFormat) -> Tensor:
    """A released image, uint8 [C, H, W]; grey ones that the format stores as colour are grey again."""
    return form.decode(path.read_bytes(), channels)


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

    def merge(self, other: "Survival") -> None:
        """Count all images of another one."""
        self.kept += other.kept
        self.whole += other.whole

    @property
    def share(self) -> float:
        return self.kept / self.whole if self.whole else 1.0
