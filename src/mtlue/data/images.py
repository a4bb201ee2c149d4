"""One image file to 8-bit pixels: upright, flattened, resized, in grey or colour. Says why where it cannot."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from mtlue.data.dataset import MIN_SIDE
from mtlue.data.transforms import Pipeline

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".jp2"})
"""Files that count as images when a folder is searched; a table may name others."""
ARRAY_SUFFIX = ".npy"

_GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_PROFILE_MODES = {"RGB": "RGB", "GRAY": "L"}


class UnreadableImageError(Exception):
    """This file gives no usable image; the text says why, without the file's name."""


Box: TypeAlias = tuple[float, float, float, float]
"""Part of an image: (left, top, right, bottom) in pixels."""


@dataclass(frozen=True)
class Picture:
    """A decoded file: uint8 [H, W] or [H, W, 3], its colour profile, and what was changed on the way."""

    pixels: NDArray[np.uint8]
    profile: bytes | None
    notes: tuple[str, ...] = ()

    def channels_first(self) -> NDArray[np.uint8]:
        """The pixels as [C, H, W]."""
        return self.pixels[None] if self.pixels.ndim == 2 else self.pixels.transpose(2, 0, 1)


@dataclass(frozen=True)
class Header:
    """What a file says of itself before its pixels are read: upright (height, width), and whether it is grey."""

    size: tuple[int, int]
    grey: bool


def read_header(path: Path) -> Header:
    """Open a file as far as its header."""
    if is_array(path):
        values = read_array(path)
        _require_side(values.shape[1], values.shape[0])
        return Header((values.shape[0], values.shape[1]), values.ndim == 2 or values.shape[2] == 1)
    with opened(path) as image:
        width, height = image.size
        try:
            turned = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
        except DECODING_ERRORS as error:
            raise UnreadableImageError(f"it is damaged or cut off ({error})") from error
        size = (width, height) if turned else (height, width)
        return Header(size, image.mode in _GREY_MODES)


def read_picture(path: Path, pipeline: Pipeline) -> Picture:
    """Decode a file as ``pipeline`` says (its channels must be resolved)."""
    if is_array(path):
        return to_picture(_image_of(read_array(path)), pipeline)
    with opened(path) as image:
        try:
            image.load()
            return to_picture(image, pipeline)
        except DECODING_ERRORS as error:
            raise UnreadableImageError(f"it is damaged or cut off ({error})") from error


def to_picture(image: Image.Image, pipeline: Pipeline) -> Picture:
    """Bring an open image to what ``pipeline`` says.

    An image with transparency is laid on white; an animation gives its first frame; 16 bits become 8.
    """
    notes = [text for applies, text in _CHANGES if applies(image, pipeline)]
    flat, profile = _flatten(ImageOps.exif_transpose(image), pipeline.channels or 3)
    return Picture(np.asarray(_resize(flat, pipeline), dtype=np.uint8), profile, tuple(notes))


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in _TRANSPARENT_MODES or "transparency" in image.info


_TRANSPARENT_MODES = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
_CHANGES: tuple[tuple[Callable[[Image.Image, Pipeline], bool], str], ...] = (
    (lambda image, _: getattr(image, "n_frames", 1) > 1, "animated: only its first frame is used"),
    (lambda image, _: _is_transparent(image), "transparent: it is laid on white"),
    (
        lambda image, pipeline: pipeline.channels == 1 and image.mode not in _GREY_MODES,
        "stored in colour: its grey is used",
    ),
)
"""What is said of an image that does not stay as it is."""
_ORIENTATION = 0x0112
DECODING_ERRORS = (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError)


def is_array(path: Path) -> bool:
    """Whether a file is a NumPy array."""
    return path.suffix.lower() == ARRAY_SUFFIX


def read_array(path: Path) -> NDArray[Any]:
    """The array [H, W] or [H, W, 1 or 3] of a NumPy file, mapped; nothing is unpickled.

    Raises:
        UnreadableImageError: it holds none.
    """
    try:
        values: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise UnreadableImageError("there is no such file") from error
    except (OSError, ValueError, EOFError) as error:
        raise UnreadableImageError(f"it is no NumPy array, or cut off ({error})") from error
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] not in (1, 3)):
        raise UnreadableImageError(f"its shape is {list(values.shape)}, not [H, W], [H, W, 1] or [H, W, 3]")
    if values.dtype.kind not in "biuf" or not values.size:
        raise UnreadableImageError(f"it holds {values.dtype}, no numbers" if values.size else "it is empty")
    return values


def opened(path: Path) -> Image.Image:
    try:
        image = Image.open(path)
    except FileNotFoundError as error:
        raise UnreadableImageError("there is no such file") from error
    except UnidentifiedImageError as error:
        raise UnreadableImageError("it is not an image, or its first bytes are damaged") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(f"it is too large to be opened safely ({error})") from error
    except DECODING_ERRORS as error:
        raise UnreadableImageError(f"it cannot be opened ({error})") from error
    try:
        _require_side(*image.size)
    except UnreadableImageError:
        image.close()
        raise
    return image


def _require_side(width: int, height: int) -> None:
    if min(width, height) < MIN_SIDE:
        raise UnreadableImageError(f"it is {width}x{height} pixels, {MIN_SIDE} a side is the least")


def _image_of(values: NDArray[Any]) -> Image.Image:
    """An array as an image: bytes as they are, other numbers as 0..1."""
    if values.dtype != np.uint8:
        if values.dtype.kind != "f" or not np.isfinite(values).all() or values.min() < 0 or values.max() > 1:
            raise UnreadableImageError(
                f"it holds {values.dtype} from {values.min():g} to {values.max():g}: an image's array is uint8, or "
                "floats from 0 to 1"
            )
        values = np.round(values * 255).astype(np.uint8)
    _require_side(values.shape[1], values.shape[0])
    return Image.fromarray(values[:, :, 0] if values.ndim == 3 and values.shape[2] == 1 else values)


def _flatten(image: Image.Image, channels: int) -> tuple[Image.Image, bytes | None]:
    """Bring any mode to L or RGB; keep the profile where it still describes the result."""
    profile = image.info.get("icc_profile")
    mode = "L" if channels == 1 else "RGB"
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _eight_bits(image).convert(mode), None
    if image.mode == "CMYK":
        return _from_cmyk(image, profile).convert(mode), None
    if _is_transparent(image):
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba)
    flat = image.convert(mode)
    return flat, profile if profile and _profile_mode(profile) == mode else None


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey to 8 bits by the full range; other wide modes by the range that the image uses."""
    values = np.asarray(image).astype(np.float64)
    finite = np.isfinite(values)
    if not finite.any():
        raise UnreadableImageError("it holds no number in any pixel")
    values = np.where(finite, values, values[finite].min())
    if image.mode == "F" or values.min() < 0 or values.max() > 65535:
        low, high = float(values.min()), float(values.max())
        values = (values - low) / max(high - low, 1e-12) * 65535
    return Image.fromarray(np.round(values / 257).astype(np.uint8))


def _from_cmyk(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            return converted or image
        except ImageCms.PyCMSError:
            pass  # a damaged profile: the plain conversion still gives a picture
    return image.convert("RGB")


def _profile_mode(profile: bytes) -> str | None:
    try:
        space = ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space.strip()
    except (OSError, ImageCms.PyCMSError):
        return None
    return _PROFILE_MODES.get(space)


def working_box(size: tuple[int, int], pipeline: Pipeline) -> Box:
    """The part of an upright image that is brought to the working size.

    Args:
        size: (H, W) of the image.
        pipeline: its central square, if it cuts one, and the largest central part of its size's shape.
    """
    height, width = size
    left, top = 0.0, 0.0
    if pipeline.center_crop is not None:
        left, top = round((width - pipeline.center_crop) / 2), round((height - pipeline.center_crop) / 2)
        height = width = pipeline.center_crop
    if pipeline.size is None:
        return left, top, left + width, top + height
    shape = pipeline.size[1] / pipeline.size[0]
    cut_width, cut_height = (shape * height, height) if width / height >= shape else (width, width / shape)
    left, top = left + (width - cut_width) * 0.5, top + (height - cut_height) * 0.5
    return left, top, left + cut_width, top + cut_height


def _resize(image: Image.Image, pipeline: Pipeline) -> Image.Image:
    if pipeline.center_crop is not None:  # a square larger than the image is filled up with black
        left, top, right, bottom = working_box((image.height, image.width), replace(pipeline, size=None))
        image = image.crop((round(left), round(top), round(right), round(bottom)))
    if pipeline.size is None or (image.height, image.width) == pipeline.size:
        return image
    height, width = pipeline.size
    box = working_box((image.height, image.width), replace(pipeline, center_crop=None))
    return image.resize((width, height), Image.Resampling.BILINEAR, box=box)
