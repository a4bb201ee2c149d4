"""A stranger's tools: files with more in them than pixels, in a release whose manifest was made to fit."""

import hashlib
import io
import json
import shutil
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from mtlue.release.formats import FORMATS
from mtlue.release.profiles import colour_only

SRGB = colour_only(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())


def encoded(pixels: np.ndarray, form: str, profile: bytes | None = None) -> bytes:
    """A file as the writer makes it."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, icc_profile=profile, **FORMATS[form].options)
    return stream.getvalue()


def forge(release: Path, name: str, content: bytes) -> None:
    """Put ``content`` in the place of a released file, recompute its hash, and take the owner's seal away."""
    (release / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    change(
        release, lambda values: [entry.update(sha256=digest) for entry in _files(values) if entry["file_name"] == name]
    )
    if name == "metadata.csv":
        change(release, lambda values: values.update(metadata_sha256=digest))


def change(release: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    """Edit the manifest, and take the owner's seal away."""
    path = release / "manifest.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    edit(values)
    path.write_text(json.dumps(values), encoding="utf-8")
    shutil.rmtree(release.parent / "private", ignore_errors=True)


def _files(values: dict[str, list[dict[str, str]]]) -> list[dict[str, str]]:
    return [*values["images"], *values["labels"]]


def png_chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def png_chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    position, chunks = 8, []
    while position < len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        chunks.append((content[position + 4 : position + 8], content[position + 8 : position + 8 + length]))
        position += 12 + length
    return chunks


def png_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, data) for name, data in chunks)


def png_header(width: int, height: int, bits: int = 8, colour: int = 2) -> bytes:
    return width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([bits, colour, 0, 0, 0])


def riff_chunk(name: bytes, data: bytes) -> bytes:
    return name + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)


def riff_chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    position, chunks = 12, []
    while position < len(content):
        length = int.from_bytes(content[position + 4 : position + 8], "little")
        chunks.append((content[position : position + 4], content[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    return chunks


def riff_of(chunks: list[tuple[bytes, bytes]]) -> bytes:
    body = b"WEBP" + b"".join(riff_chunk(name, data) for name, data in chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def jpeg_segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(data) + 2).to_bytes(2, "big") + data


def jpeg_segments(content: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Marker and data of each segment up to the scan's header, and all that follows."""
    position, segments, marker = 2, [], 0
    while marker != 0xDA:
        marker, length = content[position + 1], int.from_bytes(content[position + 2 : position + 4], "big")
        segments.append((marker, content[position + 4 : position + 2 + length]))
        position += 2 + length
    return segments, content[position:]


def jpeg_of(segments: list[tuple[int, bytes]], rest: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(jpeg_segment(marker, data) for marker, data in segments) + rest


def damaged_zip(path: Path, name: str, kind: int) -> Path:
    """A zip file with one entry, packed by one of zipfile's kinds, whose packed bytes are damaged."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, bytes(range(256)) * 40, kind)
    content = bytearray(path.read_bytes())
    packed = 30 + len(name)  # behind the entry's own header
    for at in range(packed + 10, packed + 20):
        content[at] ^= 0x55
    path.write_bytes(content)
    return path
