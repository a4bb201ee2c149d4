"""ICC colour profiles of released files, reduced to what colour needs.

A profile may name a device, its serial number, a person and a time. What is kept is the header's colour fields and the
tags that turn numbers into colours, written again byte by byte, so that nothing lies between them.
"""

import math
import struct
from collections.abc import Callable, Mapping

_HEADER = 128
_TEXT = "colour profile"
"""The description and the copyright, which the standard asks for."""
_MATRIX = ("wtpt", "chad", "rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC", "kTRC")
_LOOKUPS = ("A2B0", "A2B1", "A2B2", "B2A0", "B2A1", "B2A2")
_KEPT = (*_MATRIX, *_LOOKUPS)
_CURVE_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}


def colour_only(profile: bytes) -> bytes | None:
    """The same colours without anything else; None for a damaged profile, or one that says nothing of colour.

    What is given back is its own reduction: ``colour_only(colour_only(p)) == colour_only(p)``.
    """
    try:
        return _written(profile[:_HEADER], _colour_tags(profile))
    except (struct.error, IndexError, KeyError, ValueError):
        return None


def _colour_tags(profile: bytes) -> dict[str, bytes]:
    """The data of every tag that colour needs."""
    if profile[36:40] != b"acsp":
        raise ValueError("not a profile")
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    tags: dict[str, bytes] = {}
    for name, offset, length in struct.iter_unpack(">4sII", profile[_HEADER + 4 :][: 12 * min(count, 1000)]):
        key = name.decode("latin-1")
        data = profile[offset : offset + length]
        if key in _KEPT and len(data) == length and offset >= _HEADER:
            tags[key] = _TYPES[data[:4]](data)
    if not ({"rTRC", "gTRC", "bTRC", "rXYZ", "gXYZ", "bXYZ"} <= {*tags} or "kTRC" in tags or "A2B0" in tags):
        raise ValueError("no colours")
    return tags


def _written(header: bytes, tags: Mapping[str, bytes]) -> bytes:
    text = _text_of_2 if header[8] < 4 else _text_of_4
    every = {"desc": text(_TEXT, b"desc"), "cprt": text(_TEXT, b"text")}
    every |= {name: tags[name] for name in _KEPT if name in tags}
    places: dict[bytes, int] = {}
    table, body = b"", b""
    start = _HEADER + 4 + 12 * len(every)
    for name, data in every.items():
        if data not in places:
            places[data] = start + len(body)
            body += data + bytes(-len(data) % 4)
        table += struct.pack(">4sII", name.encode(), places[data], len(data))
    content = struct.pack(">I", len(every)) + table + body
    return _plain_header(header, _HEADER + len(content)) + content


def _plain_header(header: bytes, size: int) -> bytes:
    """Version, class, colour space, connection space, intent and illuminant; no maker, model, time or number."""
    (intent,) = struct.unpack_from(">I", header, 64)
    plain = bytearray(_HEADER)
    plain[0:4] = struct.pack(">I", size)
    plain[8:10] = header[8:10]
    plain[12:24] = header[12:24]
    plain[36:40] = b"acsp"
    plain[64:68] = struct.pack(">I", intent & 3)
    plain[68:80] = struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)  # D50
    return bytes(plain)


def _text_of_2(text: str, kind: bytes) -> bytes:
    plain = text.encode() + b"\0"
    if kind == b"text":
        return b"text" + bytes(4) + plain
    return b"desc" + bytes(4) + struct.pack(">I", len(plain)) + plain + bytes(78)


def _text_of_4(text: str, kind: bytes) -> bytes:
    wide = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(wide), 28) + wide


def _numbers(data: bytes) -> bytes:
    """Three numbers of 32 bits."""
    return data[:4] + bytes(4) + _exactly(data, 8, 12)


def _matrix(data: bytes) -> bytes:
    """Nine numbers of 32 bits."""
    return data[:4] + bytes(4) + _exactly(data, 8, 36)


def _curve(data: bytes) -> bytes:
    (count,) = struct.unpack_from(">I", data, 8)
    return b"curv" + bytes(4) + data[8:12] + _exactly(data, 12, 2 * count)


def _parametric(data: bytes) -> bytes:
    (kind,) = struct.unpack_from(">H", data, 8)
    return b"para" + bytes(4) + data[8:10] + bytes(2) + _exactly(data, 12, 4 * _CURVE_PARAMETERS[kind])


def _table_of_8(data: bytes) -> bytes:
    inputs, outputs, points = data[8:11]
    length = 256 * inputs + points**inputs * outputs + 256 * outputs
    return b"mft1" + bytes(4) + data[8:11] + b"\0" + _exactly(data, 12, 36 + length)


def _table_of_16(data: bytes) -> bytes:
    inputs, outputs, points = data[8:11]
    before, after = struct.unpack_from(">HH", data, 48)
    length = 2 * (before * inputs + points**inputs * outputs + after * outputs)
    return b"mft2" + bytes(4) + data[8:11] + b"\0" + _exactly(data, 12, 36 + 4 + length)


def _stages(data: bytes) -> bytes:
    """Curves, a matrix, curves, a table and curves, each at an offset of its own, written one behind the other."""
    inputs, outputs = data[8], data[9]
    near, far = (outputs, inputs) if data[:4] == b"mAB " else (inputs, outputs)
    places = struct.unpack_from(">5I", data, 12)
    parts = [
        _curves(data, places[0], near),
        _exactly(data, places[1], 48) if places[1] else b"",
        _curves(data, places[2], near),
        _grid(data, places[3], inputs, outputs) if places[3] else b"",
        _curves(data, places[4], far),
    ]
    at, offsets = 32, b""
    for part in parts:
        offsets += struct.pack(">I", at if part else 0)
        at += len(part)
    return data[:4] + bytes(4) + data[8:10] + bytes(2) + offsets + b"".join(parts)


def _curves(data: bytes, place: int, count: int) -> bytes:
    """Curves one behind the other, each filled up to four bytes; none at place 0."""
    curves = b""
    for _ in range(count if place else 0):
        curve = _TYPES[data[place : place + 4]](data[place:])
        if curve[:4] not in (b"curv", b"para"):
            raise ValueError("not a curve")
        length = len(curve) + -len(curve) % 4
        curves += curve.ljust(length, b"\0")
        place += length
    return curves


def _grid(data: bytes, place: int, inputs: int, outputs: int) -> bytes:
    """A table of colours: its points along each of 16 axes at most, and 1 or 2 bytes for a number."""
    points, width = data[place : place + inputs], data[place + 16]
    if inputs > 16 or width not in (1, 2):
        raise ValueError("not a table of colours")
    length = math.prod(points) * outputs * width
    values = points.ljust(16, b"\0") + bytes([width, 0, 0, 0]) + _exactly(data, place + 20, length)
    return values + bytes(-len(values) % 4)


def _exactly(data: bytes, start: int, length: int) -> bytes:
    part = data[start : start + length]
    if len(part) != length:
        raise ValueError("cut off")
    return part


_TYPES: Mapping[bytes, Callable[[bytes], bytes]] = {
    b"XYZ ": _numbers,
    b"sf32": _matrix,
    b"curv": _curve,
    b"para": _parametric,
    b"mft1": _table_of_8,
    b"mft2": _table_of_16,
    b"mAB ": _stages,
    b"mBA ": _stages,
}
