"""The first directory of a TIFF file, or of EXIF data, read entry by entry: one broken entry hides no other."""

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_ENTRY = 12
_INTEGERS = {3: ("H", 2), 4: ("I", 4)}
"""Types of whole numbers -> their struct code and bytes."""
_MOST_VALUES = 4096
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Type -> bytes of one value."""


@dataclass(frozen=True)
class Directory:
    """What was asked for.

    Attributes:
        tags: tag -> its whole numbers; those of other types, and those that lie outside the data, are absent.
        whole: whether the data hold as many entries as they claim.
    """

    tags: dict[int, tuple[int, ...]]
    whole: bool


def read_directory(stream: BinaryIO, wanted: Collection[int]) -> Directory:
    """The ``wanted`` tags of the first directory; none of a file that is not TIFF. Other entries are not looked at."""
    head = stream.read(8)
    order = _ORDERS.get(head[:4])
    if order is None or len(head) < 8:
        return Directory({}, False)
    stream.seek(struct.unpack(f"{order}I", head[4:])[0])
    counted = stream.read(2)
    if len(counted) < 2:
        return Directory({}, False)
    count = struct.unpack(f"{order}H", counted)[0]
    entries = stream.read(count * _ENTRY)
    tags = dict(_tags(stream, entries, order, wanted))
    return Directory(tags, len(entries) == count * _ENTRY)


def _tags(
    stream: BinaryIO, entries: bytes, order: str, wanted: Collection[int]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    for start in range(0, len(entries) - _ENTRY + 1, _ENTRY):
        tag, kind, count = struct.unpack(f"{order}HHI", entries[start : start + 8])
        if tag in wanted and kind in _INTEGERS and 0 < count <= _MOST_VALUES:
            values = _values(stream, entries[start + 8 : start + _ENTRY], order, *_INTEGERS[kind], count)
            if values is not None:
                yield tag, values


def _values(stream: BinaryIO, field: bytes, order: str, code: str, size: int, count: int) -> tuple[int, ...] | None:
    """The numbers of an entry: in its last four bytes, or where these say; None where the data end before."""
    content = field[: count * size]
    if count * size > len(field):
        stream.seek(struct.unpack(f"{order}I", field)[0])
        content = stream.read(count * size)
    return struct.unpack(f"{order}{count}{code}", content) if len(content) == count * size else None


def without_lost_entries(path: Path) -> BinaryIO | None:
    """A TIFF file whose entries outside the file hold nothing; None where there are none, and for other files.

    Pillow reads no entry behind such a one.
    """
    with path.open("rb") as stream:
        head = stream.read(8)
        order = _ORDERS.get(head[:4]) if len(head) == 8 else None
        content = bytearray(head + stream.read()) if order else bytearray()
    start = struct.unpack_from(f"{order}I", content, 4)[0] if order else len(content)
    if order is None or start + 2 > len(content):
        return None
    lost = [entry for entry in _entries(content, order, start) if _is_lost(content, order, entry)]
    for entry in lost:
        struct.pack_into(f"{order}I", content, entry + 4, 0)
    return BytesIO(content) if lost else None


def _entries(content: bytearray, order: str, start: int) -> Iterator[int]:
    """Where each entry of a directory begins."""
    count = struct.unpack_from(f"{order}H", content, start)[0]
    last = len(content) - _ENTRY
    return (entry for entry in range(start + 2, start + 2 + count * _ENTRY, _ENTRY) if entry <= last)


def _is_lost(content: bytearray, order: str, entry: int) -> bool:
    _, kind, count, position = struct.unpack_from(f"{order}HHII", content, entry)
    size = _SIZES.get(kind, 0) * count
    return bool(size > 4 and position + size > len(content))
