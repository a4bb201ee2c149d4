"""What a PNG file may hold."""

import zlib

import pytest
from container_files import examine, picture

from forging import (
    SRGB,
    encoded,
    png_chunks,
    png_header,
    png_of,
)
from mtlue.release.containers.contents import ContainerError

PNG_PARTS = [
    (b"tEXt", b"Comment\0hello"),
    (b"zTXt", b"Comment\0\0" + zlib.compress(b"hello")),
    (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>"),
    (b"eXIf", b"II*\0\x08\0\0\0\0\0\0\0\0\0"),
    (b"tIME", b"\x07\xea\x0b\x1a\0\0\0"),
    (b"pHYs", b"\0\0\x0b\x13\0\0\x0b\x13\x01"),
    (b"gAMA", b"\0\0\xb1\x8f"),
    (b"tRNS", b"\0\1\0\1\0\1"),
    (b"acTL", b"\0\0\0\1\0\0\0\0"),
    (b"prIv", b"anything"),
    (b"IDAT", b""),
    (b"IHDR", png_header(18, 13)),
    (b"IEND", b""),
]


@pytest.mark.parametrize("part", PNG_PARTS, ids=lambda part: part[0].decode())
@pytest.mark.parametrize("with_profile", [False, True])
def test_no_chunk_can_be_put_into_a_png(part: tuple[bytes, bytes], with_profile: bool) -> None:
    chunks = png_chunks(encoded(picture(0), "png", SRGB if with_profile else None))
    for place in range(len(chunks) + 1):
        forged = png_of([*chunks[:place], part, *chunks[place:]])
        with pytest.raises(ContainerError):
            examine(forged, "png")


def test_what_a_png_hides_in_its_own_chunks_is_found() -> None:
    chunks = dict(png_chunks(encoded(picture(0), "png", SRGB)))
    raw = zlib.decompress(chunks[b"IDAT"])
    forgeries = [
        {b"IDAT": chunks[b"IDAT"] + b"behind"},
        {b"IDAT": zlib.compress(raw + b"more")},
        {b"IDAT": zlib.compress(raw[:-1])},
        {b"IDAT": chunks[b"IDAT"][:-2]},
        {b"IDAT": chunks[b"IDAT"][:-1] + bytes([chunks[b"IDAT"][-1] ^ 1])},
        {b"IDAT": zlib.compress(raw)[:2] + b"\0\0\0\xff\xff" * 5000 + zlib.compress(raw)[2:]},
        {b"IEND": b"x"},
        {b"IHDR": png_header(18, 13, bits=16)},
        {b"IHDR": png_header(18, 13, colour=6)},
        {b"IHDR": png_header(18, 13)[:-1] + b"\1"},
        {b"iCCP": chunks[b"iCCP"] + b"behind"},
        {b"iCCP": b"me" + chunks[b"iCCP"]},
        {b"iCCP": chunks[b"iCCP"][:-3]},
    ]
    for forgery in forgeries:
        with pytest.raises(ContainerError):
            examine(png_of(list({**chunks, **forgery}.items())), "png")


def test_a_png_is_whole_from_its_first_byte_to_its_last() -> None:
    content = encoded(picture(0), "png")
    for end in range(len(content)):
        with pytest.raises(ContainerError):
            examine(content[:end], "png")
    with pytest.raises(ContainerError, match="damaged"):
        examine(content[:-1] + b"x", "png")  # the last chunk's sum
    with pytest.raises(ContainerError, match="5 bytes follow its end"):
        examine(content + b"12345", "png")
