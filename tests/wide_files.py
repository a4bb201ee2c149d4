"""Image files of more than 8 bits, which Pillow cannot write: colour PNG, and TIFF of any type and number of bands."""

import zlib
from struct import pack
from typing import Literal

import numpy as np
from numpy.typing import NDArray

_PNG_COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}
_TIFF_FORMATS = {"u": 1, "i": 2, "f": 3}


def png(values: NDArray[np.uint16], before: bytes = b"", behind: bytes = b"") -> bytes:
    """A PNG of 16 bits per channel: [H, W, C] of 1 to 4 channels, with chunks before and behind its pixels."""
    height, width, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = png_chunk(b"IHDR", pack(">IIBBBBB", width, height, 16, _PNG_COLOURS[channels], 0, 0, 0))
    pixels = png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + header + before + pixels + behind + png_chunk(b"IEND", b"")


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))


def tiff(
    values: NDArray[np.generic],
    order: Literal["<", ">"] = "<",
    *,
    packed: bool = False,
    planar: bool = False,
    tags: dict[int, tuple[int, ...]] | None = None,
) -> bytes:
    """A TIFF of one strip.

    Args:
        values: [H, W, C] of any type of numbers; three channels and more are colour, then opacity.
        order: of the bytes, < or >.
        packed: whether the pixels are deflated.
        planar: whether the channels lie one after the other.
        tags: further ones, or other values of these, as SHORT; () leaves one out.
    """
    height, width, channels = values.shape
    ordered = values.transpose(2, 0, 1) if planar else values
    pixels = ordered.astype(values.dtype.newbyteorder(order)).tobytes()
    strips = [pixels[i * len(pixels) // channels : (i + 1) * len(pixels) // channels] for i in range(channels)]
    strips = [zlib.compress(strip) if packed else strip for strip in (strips if planar else [pixels])]
    starts = [8 + sum(map(len, strips[:i])) for i in range(len(strips))]
    entries: dict[int, tuple[int, ...]] = {
        256: (width,),
        257: (height,),
        258: (values.dtype.itemsize * 8,) * channels,
        259: (8 if packed else 1,),
        262: (2 if channels in (3, 4) else 1,),
        273: tuple(starts),
        277: (channels,),
        278: (height,),
        279: tuple(map(len, strips)),
        284: (2 if planar else 1,),
        339: (_TIFF_FORMATS[values.dtype.kind],) * channels,
        **({338: (2,)} if channels == 4 else {}),
        **(tags or {}),
    }
    body = b"".join(strips)
    directory, further = _directory(
        {tag: entries[tag] for tag in sorted(entries) if entries[tag]}, order, 8 + len(body)
    )
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + pack(f"{order}I", 8 + len(body)) + body + directory + further


def _directory(entries: dict[int, tuple[int, ...]], order: str, start: int) -> tuple[bytes, bytes]:
    directory, further = pack(f"{order}H", len(entries)), b""
    behind = start + 2 + 12 * len(entries) + 4
    for tag, numbers in entries.items():
        kind, code = (4, "I") if max(numbers) > 65535 or tag in (273, 279) else (3, "H")
        content = pack(f"{order}{len(numbers)}{code}", *numbers)
        field = content.ljust(4, b"\0") if len(content) <= 4 else pack(f"{order}I", behind + len(further))
        further += content if len(content) > 4 else b""
        directory += pack(f"{order}HHI", tag, kind, len(numbers)) + field
    return directory + b"\0" * 4, further
