"""The first directory of a TIFF file, or of EXIF data, read entry by entry: one broken entry hides no other."""

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_ENTRY = 12
_INTEGERS = {3: ("H", 2), 4: ("I", 4)}
"""Types of whole numbers -> their struct code and bytes."""
_MOST_VALUES = 4096


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
    """The ``wanted`` tags of the first directory; none of what is no TIFF. Other entries are not looked at."""
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
