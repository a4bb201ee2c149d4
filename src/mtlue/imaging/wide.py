"""Numbers wider than a byte in an opened image, as its file holds them: Pillow cuts or wraps some kinds."""

import io
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from mtlue.imaging.files import UnreadableImageError, upright
from mtlue.imaging.limits import LARGEST_PIXELS

_WIDE_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_GREY_MODES = frozenset({"1", "L", "LA", "La", *_WIDE_MODES})
_OTHER_ORDER = {";16B": ";16L", ";16L": ";16B", ";16N": ";16B" if sys.byteorder == "little" else ";16L"}
"""How Pillow names 16 bits -> the same in the other byte order, in which it keeps the lower byte."""
_TWO_BYTES = frozenset({"RGB", "RGBA", "RGBX"})
"""Raw modes whose bytes Pillow takes as they are."""
_GREY_ALPHA = "LA;16B"
_BITS, _PLANAR, _FORMAT = 258, 284, 339
_SIGNED = 2


def is_grey(image: Image.Image) -> bool:
    """Whether an image that is not loaded yet holds no colour."""
    return image.mode in _GREY_MODES or _raw_mode(image) == _GREY_ALPHA


def loses_bits(image: Image.Image) -> bool:
    """Whether Pillow keeps the upper 8 of 16 bits per channel, and no more is available; not loaded yet."""
    if image.mode in _WIDE_MODES or _is_deep(image):
        return False
    return ";16" in _raw_mode(image) or _is_scaled(image)


def wide_numbers(image: Image.Image) -> NDArray[Any] | None:
    """The numbers of an image that is not loaded yet, turned upright; None where they are ordinary bytes.

    Returns:
        [H, W] grey, [H, W, 2] grey and opacity, [H, W, 3] colour or [H, W, 4] colour and opacity.

    Raises:
        UnreadableImageError: its kind of 16 bits cannot be read.
    """
    _require_interleaved(image)
    if _is_deep(image):
        return _with_key(_deep(image), image.info.get("transparency"))
    if image.mode not in _WIDE_MODES and not _is_signed_bytes(image):
        return None
    numbers = np.asarray(upright(image)[0])
    if _is_signed_bytes(image):
        return numbers.view(np.int8)
    if image.mode == "I" and _tag(image, _FORMAT) == 1 and _tag(image, _BITS) == 32:
        return numbers.view(np.uint32)  # Pillow's numbers have a sign
    return _with_key(numbers, image.info.get("transparency"))


def _is_scaled(image: Image.Image) -> bool:
    """Whether a decoder that knows no raw modes takes two bytes per number."""
    tiles: Any = getattr(image, "tile", ())
    if not tiles:
        return False
    codec, arguments = str(tiles[0][0]), tiles[0][3]
    if codec == "SGI16":
        return True
    return codec.startswith("ppm") and isinstance(arguments[-1], int) and arguments[-1] > 255


def _raw_mode(image: Image.Image) -> str:
    """How the pixels of an image that is not loaded yet lie in its file, in Pillow's words."""
    tiles = getattr(image, "tile", ())
    arguments = tiles[0][3] if tiles else ""
    return str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)


def _is_deep(image: Image.Image) -> bool:
    """Whether these are 16 bits per channel, both bytes of which are available."""
    raw = _raw_mode(image)
    return raw == _GREY_ALPHA or (raw[-4:] in _OTHER_ORDER and raw[:-4] in _TWO_BYTES)


def _is_signed_bytes(image: Image.Image) -> bool:
    return image.mode == "L" and _tag(image, _FORMAT) == _SIGNED


def _tag(image: Image.Image, tag: int) -> int:
    """The first number of a TIFF's tag, 1 where it is not there; 0 for other files."""
    value = image.tag_v2.get(tag, 1) if isinstance(image, TiffImageFile) else 0
    return int(value[0]) if isinstance(value, tuple) else int(value)


def _require_interleaved(image: Image.Image) -> None:
    if _tag(image, _PLANAR) == 2 and _tag(image, _BITS) == 16 and image.mode not in _WIDE_MODES:
        raise UnreadableImageError(
            "it is a TIFF of 16 bits whose bands lie one after the other, which is not read: save it with interleaved "
            "bands, or as a .npy array [H, W, 3]"
        )


def _deep(image: Image.Image) -> NDArray[np.uint16]:
    """Both bytes of 16 bits per channel, [H, W, C]: Pillow keeps only the first."""
    if image.width * image.height > LARGEST_PIXELS // 2:
        raise UnreadableImageError(
            f"it is {image.width}x{image.height} pixels of 16 bits per channel: at most "
            f"{LARGEST_PIXELS // 2 // 10**6} million of these are read; shrink it"
        )
    if _raw_mode(image) == _GREY_ALPHA:  # four bytes per pixel: as if they were red, green, blue and opacity
        _read_as(image, "RGBA")
        both = np.asarray(upright(image)[0])
        return _joined(both[:, :, ::2], both[:, :, 1::2])
    raw = _raw_mode(image)
    with _opened_again(image) as twin:
        _read_as(twin, raw[:-4] + _OTHER_ORDER[raw[-4:]])
        low = np.asarray(upright(twin)[0])
    return _joined(np.asarray(upright(image)[0]), low)


def _joined(high: NDArray[np.uint8], low: NDArray[np.uint8]) -> NDArray[np.uint16]:
    numbers = high.astype(np.uint16)
    numbers <<= 8
    numbers |= low
    return numbers


def _opened_again(image: Image.Image) -> Image.Image:
    stream: Any = getattr(image, "fp", None)
    name = getattr(image, "filename", "")
    return Image.open(name or io.BytesIO(stream.getbuffer()), formats=[str(image.format)])


def _read_as(image: Image.Image, raw: str) -> None:
    tiles: Any = image.tile  # type: ignore[attr-defined]
    image.tile = [  # type: ignore[attr-defined]
        tile._replace(args=(raw, *tile.args[1:]) if isinstance(tile.args, tuple) else raw) for tile in tiles
    ]


def _with_key(numbers: NDArray[Any], key: object) -> NDArray[Any]:
    """With the opacity that a PNG gives by one transparent colour."""
    if not isinstance(key, int | tuple) or numbers.dtype.kind != "u" or (numbers.ndim == 3 and numbers.shape[2] != 3):
        return numbers
    colours = numbers if numbers.ndim == 3 else numbers[:, :, None]
    opaque = (colours != np.array(key, np.int64)).any(axis=2, keepdims=True)
    return np.concatenate([colours, (opaque * 65535).astype(numbers.dtype)], axis=2)
