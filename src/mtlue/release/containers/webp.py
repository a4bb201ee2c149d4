"""WebP: a RIFF file of one VP8 or VP8L chunk; with a profile a VP8X header and ICCP before it; nothing else."""

import io
from collections.abc import Iterator

from PIL import Image

from mtlue.release.containers.contents import Contents, needless, require
from mtlue.release.containers.vp8 import HEADER, first_partition, partitions, with_first_partition

_ONLY_PROFILE = b"\x20\0\0\0"
"""VP8X: the flag of a profile, those of alpha, EXIF, XMP and animation unset, and three bytes reserved."""
_LOSSLESS_END, _LOSSY_END = 2, 4
"""Bytes without which the pixels cannot be decoded: what an encoder may write beyond the last bit that it needs."""
_FOLLOWED = "data follow its pixels"


def examine_lossless(content: bytes) -> Contents:
    """Walk a lossless WebP file's chunks.

    Raises:
        ContainerError: it holds anything but lossless RGB and a profile.
    """
    return _examine(content, b"VP8L")


def examine_lossy(content: bytes) -> Contents:
    """As :func:`examine_lossless`, for VP8."""
    return _examine(content, b"VP8 ")


def check_lossless_stream(contents: Contents) -> None:
    """Prove that nothing follows the pixels inside their chunk: shortened, it can no longer be decoded.

    Raises:
        ContainerError: it can.
    """
    _check_end(b"VP8L", contents.stream, _LOSSLESS_END)


def check_lossy_stream(contents: Contents) -> None:
    """As :func:`check_lossless_stream`, for VP8: neither of its two partitions can be shortened.

    The first holds how each block is predicted, the second its numbers; each is one stream that a decoder reads to its
    end. What cannot be detected is a message in the choices that an encoder has: which prediction, which probabilities.

    Raises:
        ContainerError: one of them can, or there are more of them than this tool writes.
    """
    stream = contents.stream
    length = first_partition(stream)
    require(HEADER + length <= len(stream), "its pixels are damaged")
    require(partitions(stream) == 1, "its pixels are in more parts than the writer's")
    kept = max(length - _LOSSY_END, 0)
    shorter = with_first_partition(stream[: HEADER + kept] + stream[HEADER + length :], kept)
    require(not _decodable(b"VP8 ", shorter), _FOLLOWED)
    _check_end(b"VP8 ", stream, _LOSSY_END)


def _examine(content: bytes, kind: bytes) -> Contents:
    chunks = list(_chunks(content))
    names = [name for name, _ in chunks]
    for name in names:
        require(name in (b"VP8X", b"ICCP", b"VP8L", b"VP8 "), needless(name))
    words = "lossless" if kind == b"VP8L" else "lossy"
    require(names in ([kind], [b"VP8X", b"ICCP", kind]), f"it is not one {words} image with at most a colour profile")
    stream = chunks[-1][1]
    height, width = (_lossless_size if kind == b"VP8L" else _lossy_size)(stream)
    if len(names) == 1:
        return Contents(height, width, 3, None, stream)
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    require(chunks[0][1] == _ONLY_PROFILE + canvas, "its header promises more than an image and a colour profile")
    return Contents(height, width, 3, chunks[1][1], stream)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    require(content[:4] == b"RIFF" and content[8:12] == b"WEBP", "it is not a WebP file")
    length = int.from_bytes(content[4:8], "little") + 8
    require(length >= len(content), f"{len(content) - length} bytes follow its end")
    require(length == len(content), "it is cut off")
    position = 12
    while position < len(content):
        length = int.from_bytes(content[position + 4 : position + 8], "little")
        end = position + 8 + length
        require(end + length % 2 <= len(content), "it is cut off")
        require(content[end : end + length % 2] in (b"", b"\0"), "a byte is hidden between its chunks")
        yield content[position : position + 4], content[position + 8 : end]
        position = end + length % 2


def _lossless_size(stream: bytes) -> tuple[int, int]:
    """(height, width) of VP8L: 14 bits each less one, one bit for alpha, three for the version."""
    require(len(stream) > 5 and stream[0] == 0x2F, "its pixels are damaged")
    bits = int.from_bytes(stream[1:5], "little")
    require(bits >> 28 == 0, "it has transparency, or is of an unknown version")
    return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1


def _lossy_size(stream: bytes) -> tuple[int, int]:
    """(height, width) of a VP8 key frame: 14 bits each, and two for an enlargement that no writer uses."""
    require(len(stream) > 10 and stream[0] & 1 == 0 and stream[3:6] == b"\x9d\x01\x2a", "its pixels are damaged")
    width, height = int.from_bytes(stream[6:8], "little"), int.from_bytes(stream[8:10], "little")
    require(max(width, height) < 2**14, "its header is damaged")
    return height, width


def _check_end(kind: bytes, stream: bytes, needed: int) -> None:
    length = max(len(stream) - needed, 0) & ~1  # even, as a decoder takes the byte that fills up an odd chunk for data
    require(not _decodable(kind, stream[:length]), _FOLLOWED)


def _decodable(kind: bytes, stream: bytes) -> bool:
    body = b"WEBP" + kind + len(stream).to_bytes(4, "little") + stream + bytes(len(stream) % 2)
    try:
        with Image.open(io.BytesIO(b"RIFF" + len(body).to_bytes(4, "little") + body), formats=["WEBP"]) as image:
            image.load()
    except (OSError, ValueError, SyntaxError, EOFError):
        return False
    return True
