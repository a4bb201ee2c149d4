"""Kinds of numbers in TIFF files: which are not read, in words, and which Pillow takes in the wrong order of bytes."""

from pathlib import Path

from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from mtlue.imaging.tiff_tags import read_directory

_BITS, _COMPRESSION, _PHOTOMETRIC, _BANDS, _FORMAT = 258, 259, 262, 277, 339
_WHITE_IS_ZERO = 0
_FORMATS = {1: "unsigned integers", 2: "signed integers", 3: "floats", 5: "complex integers", 6: "complex floats"}
_SIGNED = 2
_COLOUR = frozenset({(1, 8), (1, 16)})
_GREY = _COLOUR | {(1, 1), (1, 2), (1, 4), (1, 12), (2, 8), (2, 16), (2, 32), (3, 32)}
"""(format, bits) of files that are read, in the order of bytes that is usual today."""
_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 50000, 50001})
"""Numbers of the compressions that are read where libtiff has them all."""


def why_unread(path: Path) -> str | None:
    """Why a TIFF file of an unusual kind is not read; None for other files, and where its tags tell no reason."""
    with path.open("rb") as stream:
        tags = read_directory(stream, (_BITS, _COMPRESSION, _PHOTOMETRIC, _BANDS, _FORMAT)).tags
    if _BITS not in tags and _BANDS not in tags:
        return None
    bits, kind = max(tags.get(_BITS, (1,))), max(tags.get(_FORMAT, (1,)))
    bands, compression = tags.get(_BANDS, (1,))[0], tags.get(_COMPRESSION, (1,))[0]
    if compression not in _COMPRESSIONS:
        return f"it is a TIFF of compression {compression}, which is not read: save it uncompressed, or as PNG"
    negative = tags.get(_PHOTOMETRIC) == (_WHITE_IS_ZERO,) and kind == _SIGNED
    if not negative and (kind, bits) in (_GREY if bands == 1 else _COLOUR if bands == 3 else ()):
        return None
    words = f"{bands} bands" if bands > 1 else "1 band"
    words += f" of {bits}-bit {_FORMATS.get(kind, 'numbers')}" + ", where the lowest value is white" * negative
    return f"it is a TIFF with {words}, which is not read: {_remedy(bands)}"


def _remedy(bands: int) -> str:
    if bands == 1:
        return "save it as 32-bit floats (float32), or as a .npy array [H, W]"
    return "save one of its bands, or three as a .npy array [H, W, 3]"


_NATIVE = {"I;16BS": "I;16NS", "I;32BS": "I;32NS", "F;32BF": "F;32NF"}
"""How Pillow takes the numbers of a compressed big-endian file -> how libtiff gives them: in the machine's order."""


def mend_order(image: Image.Image) -> None:
    """Let an opened image, which is not loaded yet, be read in its right order of bytes."""
    if isinstance(image, TiffImageFile):
        image.tile = [
            tile._replace(args=(_NATIVE.get(tile.args[0], tile.args[0]), *tile.args[1:]))
            if tile[0] == "libtiff" and isinstance(tile.args, tuple)
            else tile
            for tile in image.tile
        ]
