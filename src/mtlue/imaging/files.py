"""Image files opened safely: by the decoders of their kind, within limits and upright; or the reason why not."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from mtlue.imaging.formats import decoders_for, lower_suffix
from mtlue.imaging.limits import LARGEST_PIXELS, MIN_SIDE
from mtlue.imaging.png_chunks import has_metadata_behind_pixels, lightened
from mtlue.imaging.quiet import quiet_codecs
from mtlue.imaging.tiff_kinds import mend_order, why_unread
from mtlue.imaging.tiff_tags import read_directory, without_lost_entries

T = TypeVar("T")
Image.MAX_IMAGE_PIXELS = LARGEST_PIXELS // 2  # Pillow refuses twice this number, inside containers (ICO) too
_LARGE = 2**24
"""Pixels from which images are decoded one at a time, so that memory stays within one of the largest."""
_EMPTIEST = 2**13
"""Pixels per byte that a large file holds at most: a PNG of one colour, of 1 bit per pixel, has that many."""
_EMPTIEST_PHOTO = 2**8
"""Pixels per byte of a large photograph at most: four times as many as the strongest compression in use leaves."""
_PHOTO = 2**26
_one_large = threading.RLock()

_EXIF = b"Exif\0\0"
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)
"""Orientations in which width and height change places."""
LEFT_OUT = "mtlue left out"
"""Key in an opened image's ``info``: a note on what could not be read of the file, apart from its pixels."""


class UnreadableImageError(Exception):
    """This file gives no usable image; the text says why, without the file's name."""


class DamagedImageError(UnreadableImageError):
    """A codec gave up on this file."""


def read_image_with(path: Path, use: Callable[[Image.Image], T], *, photo: bool = True) -> T:
    """What ``use`` makes of an opened image, which is closed afterwards.

    A PNG whose text or other metadata cannot be read is opened once more without it.

    Args:
        use: may call anything of Pillow's; whatever a codec raises there says that the file is damaged.
        photo: whether a large image that is almost empty is refused. Masks may be.

    Raises:
        UnreadableImageError: it cannot be opened, is too small, too large or damaged.
    """
    try:
        return _used(path, path, use, photo)
    except DamagedImageError:
        for lighter, left_out in _lightened(path):
            try:
                return _used(path, lighter, lambda image: use(_marked(image, left_out)), photo)  # noqa: B023
            except DamagedImageError:
                continue
        raise


def _marked(image: Image.Image, left_out: str) -> Image.Image:
    image.info[LEFT_OUT] = left_out
    return image


def _lightened(path: Path) -> Iterator[tuple[BinaryIO, str]]:
    try:
        yield from lightened(path)
        tiff = without_lost_entries(path)
        if tiff is not None:
            yield tiff, "some of its metadata lie outside the file: they are ignored"
    except OSError:
        return


def _used(path: Path, content: Path | BinaryIO, use: Callable[[Image.Image], T], photo: bool) -> T:
    with quiet_codecs(), damage_named(), _opened(path, content) as image:
        pixels = image.width * image.height
        require_sides(image.width, image.height)
        if pixels > _LARGE:
            _require_content(pixels, path.stat().st_size, photo)
        mend_order(image)
        with _one_large if pixels > _LARGE else nullcontext():
            return use(image)


@contextmanager
def damage_named() -> Iterator[None]:
    """Turn what a codec raises into a reason. A damaged file can make a codec raise anything."""
    try:
        yield
    except UnreadableImageError:
        raise
    except FileNotFoundError as error:
        raise UnreadableImageError("there is no such file") from error
    except IsADirectoryError as error:
        raise UnreadableImageError("it is a folder, not a file") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(f"it is too large: {_REMEDY}") from error
    except MemoryError as error:
        raise UnreadableImageError("it needs more memory than is available") from error
    except Exception as error:
        raise DamagedImageError(f"it is damaged or cut off ({_in_one_line(error)})") from error


def _opened(path: Path, content: Path | BinaryIO) -> Image.Image:
    decoders = decoders_for(path)
    if not decoders:
        raise UnreadableImageError(f"files of {lower_suffix(path)} are not read: convert it to PNG or JPEG")
    try:
        return Image.open(content, formats=decoders)
    except UnidentifiedImageError as error:
        raise DamagedImageError(_unidentified(path)) from error
    except PermissionError as error:
        raise UnreadableImageError(f"it cannot be opened ({error.strerror})") from error


def _unidentified(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(32)
    if not start:
        return "it is empty (0 bytes): copy it again from where it came"
    if start[4:8] == b"ftyp" and any(brand in start for brand in _HEIC):
        return "it is HEIC, whatever its name says, and HEIC is not read: convert it to JPEG or PNG"
    unread = why_unread(path)
    if unread is not None:
        return unread
    return (
        "it is not an image of the format that its name says, nor of another common format; or its first bytes are "
        "damaged"
    )


_HEIC = (b"heic", b"heix", b"hevc", b"heim")


def require_sides(width: int, height: int) -> None:
    """Refuse images that are too small to work on, or too large for memory."""
    if min(width, height) < MIN_SIDE:
        raise UnreadableImageError(f"it is {width}x{height} pixels, and should be at least {MIN_SIDE} per side")
    if width * height > LARGEST_PIXELS:
        raise UnreadableImageError(f"it is {width}x{height} pixels: {_REMEDY}")


_REMEDY = (
    f"at most {LARGEST_PIXELS // 10**6} million pixels are read, which take up to 4 GB of memory; "
    "shrink it, or cut it into parts (magick IN.png -resize 50% OUT.png)"
)


def _require_content(pixels: int, size: int, photo: bool) -> None:
    """A few bytes can claim any number of pixels: refuse them before memory is taken."""
    limit = _EMPTIEST_PHOTO if photo and pixels > _PHOTO else _EMPTIEST
    if pixels > limit * size:
        raise UnreadableImageError(
            f"it claims {pixels:,} pixels in {size:,} bytes: it is empty, damaged, or made to exhaust memory; "
            "shrink it if it is real"
        )


def upright(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """The pixels of an open image, turned as its EXIF orientation says; and a note where that cannot be read."""
    orientation, notes = read_orientation(image)
    image.load()
    turn = _TURNS.get(orientation)
    if turn is None or isinstance(image, TiffImageFile):  # Pillow turns these while it loads them
        return image, notes
    return image.transpose(turn), notes


def read_orientation(image: Image.Image) -> tuple[int, tuple[str, ...]]:
    """The EXIF orientation of an open image, 1 to 8, and a note where it cannot be read: it counts as upright then.

    Other tags play no part: they may be of any type, and broken.
    """
    stream = getattr(image, "fp", None)  # None: all of it has been read
    if image.format == "PNG" and stream is not None and has_metadata_behind_pixels(stream):
        image.load()
    value: Any = None
    try:
        value = _tiff_orientation(image) if isinstance(image, TiffImageFile) else _exif_orientation(image)
    except Exception:  # any tag can be damaged in any way
        return 1, ("its EXIF data are damaged: it is assumed to be upright",)
    if value is None or value == 0:
        return 1, ()
    for orientation in range(1, 9):
        if value == orientation:
            return orientation, ()
    return 1, (f"its EXIF orientation is {repr(value)[:20]}, not 1 to 8: it is assumed to be upright",)


def _exif_orientation(image: Image.Image) -> Any:
    """Read past all other tags; Pillow, which one broken tag stops, knows XMP and unusual types of numbers."""
    data = image.info.get("exif", b"")
    while data.startswith(_EXIF):
        data = data[len(_EXIF) :]
    directory = read_directory(io.BytesIO(data), (_ORIENTATION,))
    if _ORIENTATION in directory.tags:
        return directory.tags[_ORIENTATION][0]
    tags = Image.Image.getexif(image)  # PNG's own method would decode the file for it
    if data and not tags and not directory.whole:
        raise ValueError("no tag can be read")
    return tags.get(_ORIENTATION)


def _tiff_orientation(image: TiffImageFile) -> Any:
    """As Pillow will turn the image while it loads it; it would read all other tags then, broken ones too."""
    only = Image.Exif()
    image.getexif = lambda: only  # type: ignore[method-assign]
    value: Any = image.tag_v2.get(_ORIENTATION)
    if value in range(1, 9):
        only[_ORIENTATION] = int(value)
    return value


def read_array(path: Path) -> NDArray[Any]:
    """The array [H, W] or [H, W, 1 or 3] of a NumPy file, mapped; nothing is unpickled.

    Raises:
        UnreadableImageError: it holds none, or is shorter than it claims.
    """
    try:
        values: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError as error:
        raise UnreadableImageError("there is no such file") from error
    except PermissionError as error:
        raise UnreadableImageError(f"it cannot be opened ({error.strerror})") from error
    except Exception as error:  # the header is text that NumPy parses: a damaged one can raise anything
        raise UnreadableImageError(f"it is not a NumPy array, or cut off ({_in_one_line(error)})") from error
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] not in (1, 3)):
        raise UnreadableImageError(f"its shape is {list(values.shape)}, not [H, W], [H, W, 1] or [H, W, 3]")
    if values.dtype.kind not in "biuf" or not values.size:
        raise UnreadableImageError(f"it holds {values.dtype}, not numbers" if values.size else "it is empty")
    return values


def _in_one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else f"{text[:200]}…"
