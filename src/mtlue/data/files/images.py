"""One image file to 8-bit pixels: upright, flattened, resized, in grey or colour. Says why where it cannot."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from mtlue.data.transforms import Pipeline
from mtlue.errors import param
from mtlue.imaging.colour import flattened
from mtlue.imaging.files import (
    LEFT_OUT,
    SIDEWAYS,
    UnreadableImageError,
    read_array,
    read_image_with,
    read_orientation,
    require_sides,
    upright,
)
from mtlue.imaging.formats import is_array
from mtlue.imaging.levels import Extent, common_range, exceeds, measure_extent, number_mask, to_bytes
from mtlue.imaging.wide import is_grey, loses_bits, wide_numbers

_PHOTOMETRIC = 262
"""TIFF's tag of what its numbers mean; 0: the least is white."""
_BANDS = 277
"""TIFF's tag of how many numbers a pixel has."""
_LAYERED = frozenset({"PSD"})
"""Formats whose further frames are parts of the first one."""

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


@dataclass(frozen=True, slots=True)
class Header:
    """What a file's header says.

    Attributes:
        size: upright (height, width).
        grey: whether it holds no colour.
        orientation: how its EXIF data turn it, 1 (not at all) to 8.
        extent: what its numbers are, where they are wider than a byte; None for ordinary images.
    """

    size: tuple[int, int]
    grey: bool
    orientation: int = 1
    extent: Extent | None = None

    @property
    def stored_size(self) -> tuple[int, int]:
        """(height, width) before it is turned."""
        return (self.size[1], self.size[0]) if self.orientation in SIDEWAYS else self.size


def read_header(path: Path) -> Header:
    """Open a file as far as its header; the numbers of a wide one are read too.

    Raises:
        UnreadableImageError: it cannot be opened.
    """
    if is_array(path):
        values = _image_array(path)
        height, width = values.shape[:2]
        return Header((height, width), values.ndim == 2, extent=_extent(values))
    return read_image_with(path, _header_of)


def _header_of(image: Image.Image) -> Header:
    width, height = image.size
    grey, numbers = is_grey(image), wide_numbers(image)
    orientation, _ = read_orientation(image)
    swapped = orientation in SIDEWAYS and image.format != "TIFF"  # a TIFF's size is that of the upright image
    size = (width, height) if swapped else (height, width)
    return Header(size, grey, orientation, None if numbers is None else _extent(_split(numbers)[0]))


def _extent(values: NDArray[Any]) -> Extent | None:
    if values.dtype in (np.uint8, np.bool_):
        return None
    extent = measure_extent(values)
    if extent is None:
        raise UnreadableImageError("none of its pixels holds a number")
    return extent


def read_picture(path: Path, pipeline: Pipeline) -> Picture:
    """Decode a file as ``pipeline`` says (its channels must be resolved).

    Numbers wider than a byte are read by the pipeline's range, and by the file's own where it names none.

    Raises:
        UnreadableImageError: it cannot be decoded.
    """
    if is_array(path):
        values, notes = _narrowed(_image_array(path), pipeline)
        return to_picture(Image.fromarray(values), pipeline, notes)
    return read_image_with(path, lambda image: _decoded(image, pipeline))


def _decoded(image: Image.Image, pipeline: Pipeline) -> Picture:
    notes = [text for applies, text in _CHANGES if applies(image, pipeline)]
    notes += filter(None, [image.info.get(LEFT_OUT)])
    numbers = wide_numbers(image)
    if numbers is None:
        turned, turning = upright(image)
        return to_picture(turned, pipeline, (*notes, *turning))
    _, turning = read_orientation(image)
    narrow, clipped = _narrow_image(numbers, pipeline, _is_negative(image))
    narrow.info["icc_profile"] = image.info.get("icc_profile")
    return to_picture(narrow, pipeline, (*notes, *turning, *clipped))


def _narrow_image(numbers: NDArray[Any], pipeline: Pipeline, negative: bool) -> tuple[Image.Image, tuple[str, ...]]:
    """Wide numbers as an image of bytes, and notes; the opacity has a range of its own."""
    colours, opacity = _split(numbers)
    values, notes = _narrowed(colours, pipeline)
    if negative:
        values = 255 - values
    if opacity is None:
        return Image.fromarray(values), notes
    layers = values[:, :, None] if values.ndim == 2 else values
    return Image.fromarray(np.concatenate([layers, to_bytes(opacity, (0, 65535))], axis=2)), notes


def _split(numbers: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Grey [H, W] or colours [H, W, 3], and the opacity [H, W, 1] where there is one."""
    if numbers.ndim == 2 or numbers.shape[2] == 3:
        return numbers, None
    return numbers[:, :, 0] if numbers.shape[2] == 2 else numbers[:, :, :3], numbers[:, :, -1:]


def _is_negative(image: Image.Image) -> bool:
    """Whether the least number of a wide TIFF is white; Pillow turns narrow ones the right way round."""
    return isinstance(image, TiffImageFile) and image.tag_v2.get(_PHOTOMETRIC) == 0


def to_picture(image: Image.Image, pipeline: Pipeline, notes: tuple[str, ...] = ()) -> Picture:
    """Bring an upright 8-bit image to what ``pipeline`` says; what is transparent is placed on white."""
    flat, profile, more = flattened(image, pipeline.channels or 3)
    return Picture(np.asarray(_resize(flat, pipeline), dtype=np.uint8), profile, (*notes, *more))


def _narrowed(values: NDArray[Any], pipeline: Pipeline) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Wide numbers as bytes, and notes where some are lost; bytes as they are, truth values as black and white."""
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * 255, ()
    extent = _extent(values)
    if extent is None:
        return values, ()
    value_range = pipeline.value_range or common_range([extent])
    notes = [] if number_mask(values).all() else ["some of its pixels hold no number (NaN, infinity …): they are black"]
    if exceeds(extent, value_range):
        notes.append(
            f"its numbers from {extent.low:g} to {extent.high:g} are clipped to the range from {value_range[0]:g} to "
            f"{value_range[1]:g} ({param('value_range')})"
        )
    return to_bytes(values, value_range), tuple(notes)


def _image_array(path: Path) -> NDArray[Any]:
    """The array [H, W] or [H, W, 3] of a file, of a usable size."""
    values = read_array(path)
    require_sides(values.shape[1], values.shape[0])
    return values[:, :, 0] if values.ndim == 3 and values.shape[2] == 1 else values


def _is_animated(image: Image.Image) -> bool:
    return bool(getattr(image, "is_animated", False)) and image.format not in _LAYERED


def _further_bands(image: Image.Image) -> int:
    """Bands of a TIFF that Pillow leaves out."""
    if not isinstance(image, TiffImageFile) or image.mode != "RGB":
        return 0
    bands = image.tag_v2.get(_BANDS, 1)
    return bands - len(image.getbands()) if isinstance(bands, int) else 0


_CHANGES: tuple[tuple[Callable[[Image.Image, Pipeline], bool], str], ...] = (
    (
        lambda image, _: _is_animated(image) and image.format not in ("TIFF", "MPO"),
        "animated: only its first frame is used",
    ),
    (
        lambda image, _: _is_animated(image) and image.format == "TIFF",
        "several pages: only the first is used",
    ),
    (
        lambda image, _: _is_animated(image) and image.format == "MPO",
        "several pictures in one file (MPO): only the first is used",
    ),
    (
        lambda image, _: loses_bits(image),
        "16 bits per channel, of which the upper 8 are used: numbers that do not fill the 16 come out dark (save it as "
        f".npy, [H, W] or [H, W, 3], to read it by {param('value_range')})",
    ),
    (
        lambda image, _: _further_bands(image) > 0,
        "a TIFF with more bands than red, green and blue: the others are ignored",
    ),
    (
        lambda image, pipeline: pipeline.channels == 1 and not is_grey(image),
        "stored in colour: it is converted to grey",
    ),
)
"""Notes on images that do not stay as they are."""


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
