"""The chunks of a PNG file: text that stands in the way of its pixels, and what comes behind them."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_MAGIC = b"\x89PNG\r\n\x1a\n"
_TEXT = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_AFTERTHOUGHTS = _TEXT | {b"eXIf"}
_NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PIXELS = b"IDAT"
_ALL_LOST = "its colour profile or other metadata cannot be read: they are ignored, and it is assumed to be upright"


def has_metadata_behind_pixels(stream: BinaryIO) -> bool:
    """Whether EXIF or text follows the pixels, where only decoding the file finds it.

    Args:
        stream: the file, which is left at the place where it is.
    """
    place, behind = stream.tell(), False
    stream.seek(0)
    try:
        for kind, _, _ in _chunks(stream):
            behind = behind or kind == _PIXELS
            if behind and kind in _AFTERTHOUGHTS:
                return True
        return False
    finally:
        stream.seek(place)


def lightened(path: Path) -> Iterator[tuple[BinaryIO, str]]:
    """The file without its text, then without everything but its pixels; each with a note on what its image loses.

    Nothing for a file that is not a PNG. Losing text costs nothing.
    """
    with path.open("rb") as stream:
        chunks = list(_chunks(stream))
        kinds = {kind for kind, _, _ in chunks}
        if kinds & _TEXT:
            yield _without(stream, chunks, kinds & _TEXT), ""
        if kinds - _TEXT - _NEEDED:
            yield _without(stream, chunks, kinds - _NEEDED), _ALL_LOST


def _chunks(stream: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and length in the file of each chunk, as far as the file goes."""
    if stream.read(len(_MAGIC)) != _MAGIC:
        return
    position = len(_MAGIC)
    while len(head := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        yield kind, position, length + 12
        position += length + 12
        stream.seek(position)


def _without(
    stream: BinaryIO, chunks: list[tuple[bytes, int, int]], unwanted: frozenset[bytes] | set[bytes]
) -> BinaryIO:
    lighter = io.BytesIO()
    lighter.write(_MAGIC)
    for kind, start, length in chunks:
        if kind not in unwanted:
            stream.seek(start)
            lighter.write(stream.read(length))
    lighter.seek(0)
    return lighter
