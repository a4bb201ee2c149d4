"""PNG: signature, IHDR, at most one iCCP, IDAT without a gap, IEND, and not a byte after it."""

import zlib
from collections.abc import Iterator, Sequence

from mtlue.release.containers.contents import ContainerError, Contents, needless, require

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PROFILE_HEAD = b"ICC Profile\0\0"
"""The profile's name, which is the same in every file, and the one compression there is."""
LARGEST_PROFILE = 2**22
"""Bytes."""
SMALLEST_PART = 1024
"""Bytes of an IDAT chunk that another one follows: thousands of tiny chunks would be a message in their lengths."""
_CHANNELS = {0: 1, 2: 3}
_STEP = 2**20
"""Bytes that are decompressed at a time."""


def examine_png(content: bytes) -> Contents:
    """Walk a PNG's chunks; nothing is decompressed but its profile.

    Raises:
        ContainerError: it holds anything but an 8- or 16-bit image in grey or RGB and its profile.
    """
    chunks = list(_chunks(content))
    names = [name for name, _ in chunks]
    _check_order(names)
    height, width, channels, bits = _header(chunks[0][1])
    profile = _profile(chunks[1][1]) if names[1] == b"iCCP" else None
    parts = [data for name, data in chunks if name == b"IDAT"]
    require(all(len(part) >= SMALLEST_PART for part in parts[:-1]), "its pixels are cut into tiny chunks")
    require(not chunks[-1][1], "its end holds data")
    return Contents(height, width, channels, profile, b"".join(parts), bits)


def check_png_stream(contents: Contents) -> None:
    """Prove that the compressed pixels are as many as the header says, and that nothing follows them.

    Decompresses in constant memory; to be called once the size is known to be plausible.

    Raises:
        ContainerError: they are more, fewer or damaged.
    """
    expected = contents.height * (1 + contents.width * contents.channels * contents.bits // 8)
    require(len(contents.stream) <= expected * 9 // 8 + 128, "its compressed pixels are larger than any writer needs")
    inflater = zlib.decompressobj()
    remaining, total = contents.stream, 0
    try:
        while not inflater.eof and total <= expected:
            piece = inflater.decompress(remaining, _STEP)
            remaining, total = inflater.unconsumed_tail, total + len(piece)
            if not piece and not remaining:
                break
    except zlib.error as error:
        raise ContainerError(f"its pixels are damaged ({error})") from error
    require(inflater.eof and total == expected, "it holds more or fewer pixels than its header says")
    require(not inflater.unused_data, "data follow its pixels")


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and data of each chunk; their sums must be right and the last one must end the file."""
    require(content.startswith(SIGNATURE), "it is not a PNG file")
    position, name = len(SIGNATURE), b""
    while name != b"IEND":
        require(len(content) - position >= 12, "it is cut off")
        length = int.from_bytes(content[position : position + 4], "big")
        require(len(content) - position - 12 >= length, "it is cut off")
        name, end = content[position + 4 : position + 8], position + 8 + length
        sum_ = int.from_bytes(content[end : end + 4], "big")
        require(
            zlib.crc32(memoryview(content)[position + 4 : end]) == sum_,
            f"its chunk {name.decode('latin-1')!r} is damaged",
        )
        yield name, content[position + 8 : end]
        position = end + 4
    require(position == len(content), f"{len(content) - position} bytes follow its end")


def _check_order(names: Sequence[bytes]) -> None:
    for name in names:
        require(name in (b"IHDR", b"iCCP", b"IDAT", b"IEND"), needless(name))
    parts = len([name for name in names if name == b"IDAT"])
    head = names[: len(names) - parts - 1]
    right = [*head, *[b"IDAT"] * parts, b"IEND"]
    require(
        head in ([b"IHDR"], [b"IHDR", b"iCCP"]) and parts > 0 and list(names) == right,
        "its chunks are not those that an image needs, in their order",
    )


def _header(data: bytes) -> tuple[int, int, int, int]:
    """(height, width, channels, bits)."""
    require(len(data) == 13, "its header is damaged")
    width, height = int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big")
    bits, colour = data[8], data[9]
    require(bits in (8, 16) and colour in _CHANNELS and data[10:] == b"\0\0\0", "it is not 8 or 16 bits of grey or RGB")
    return height, width, _CHANNELS[colour], bits


def _profile(data: bytes) -> bytes:
    require(data.startswith(PROFILE_HEAD), "its colour profile has a name of its own")
    inflater = zlib.decompressobj()
    try:
        profile = inflater.decompress(data[len(PROFILE_HEAD) :], LARGEST_PROFILE)
    except zlib.error as error:
        raise ContainerError(f"its colour profile is damaged ({error})") from error
    require(inflater.eof, "its colour profile is cut off or too large")
    require(not inflater.unused_data, "data follow its colour profile")
    return profile
