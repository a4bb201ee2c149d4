"""ICC colour profiles of released files, reduced to what colour needs.

A profile may name a device, its serial number, a person and a time. What is kept is the header's colour fields and the
tags that turn the image's numbers into colours, each of its own type and length, written again byte by byte, so that
nothing lies between them. What cannot be detected is a message in those numbers themselves: in the low bits of a
curve, or in a table of colours, which may hold any.
"""

import math
import struct
from collections.abc import Callable, Mapping

import numpy as np

LARGEST = 2**20
"""Bytes of a reduced profile."""
_HEADER = 128
_TEXT = "colour profile"
"""The description and the copyright, which the standard asks for."""
_CLASSES = (b"mntr", b"scnr", b"prtr", b"spac")
_CURVE = (b"curv", b"para")
_LOOKUP = (b"mft1", b"mft2", b"mAB ")
_KEPT: dict[str, tuple[bytes, ...]] = {
    "wtpt": (b"XYZ ",),
    "chad": (b"sf32",),
    **{f"{colour}XYZ": (b"XYZ ",) for colour in "rgb"},
    **{f"{colour}TRC": _CURVE for colour in "rgb"},
    "kTRC": _CURVE,
    **{f"A2B{intent}": _LOOKUP for intent in range(3)},
}
"""The types that each tag may have. Tables from colours to numbers are not needed to show an image."""
_WHITE = ("wtpt", "chad")
_MATRIX = ("rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC")
_LOOKUPS = ("A2B0", "A2B1", "A2B2")
_CHANNELS = {b"RGB ": 3, b"GRAY": 1}
_CONNECTIONS = (b"XYZ ", b"Lab ")
_CURVE_PARAMETERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}
_LARGEST_NUMBER = 16
"""Of colours, matrices and exponents; the usual ones are below 4."""
_LONGEST_CURVE = 4096
"""Points."""


def colour_only(profile: bytes) -> bytes | None:
    """The same colours without anything else; None for a damaged profile, or one that says nothing of colour.

    What is given back is its own reduction: ``colour_only(colour_only(p)) == colour_only(p)``.
    """
    try:
        reduced = _written(profile[:_HEADER], _colour_tags(profile))
    except (struct.error, IndexError, KeyError, ValueError):
        return None
    return reduced if len(reduced) <= LARGEST else None


def describes(profile: bytes, channels: int) -> bool:
    """Whether a profile is for images with this number of channels."""
    return _CHANNELS.get(profile[16:20]) == channels


def _colour_tags(profile: bytes) -> dict[str, bytes]:
    """The data of every tag that colour needs."""
    _check_header(profile)
    data = _listed_tags(profile)
    tags = {}
    for key in _needed(profile, data):
        kind = data[key][:4]
        if kind not in _KEPT[key]:
            raise ValueError(f"{key} of another type")
        tags[key] = _TYPES[kind](data[key])
        if key in _LOOKUPS and tuple(tags[key][8:10]) != (_CHANNELS[profile[16:20]], 3):
            raise ValueError("a table of other colours")
    return tags


def _check_header(profile: bytes) -> None:
    right = profile[36:40] == b"acsp" and profile[8] in (2, 4) and profile[12:16] in _CLASSES
    if not (right and profile[16:20] in _CHANNELS and profile[20:24] in _CONNECTIONS):
        raise ValueError("not a profile of grey or RGB")


def _listed_tags(profile: bytes) -> dict[str, bytes]:
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    tags: dict[str, bytes] = {}
    for name, offset, length in struct.iter_unpack(">4sII", profile[_HEADER + 4 :][: 12 * min(count, 1000)]):
        data = profile[offset : offset + length]
        if len(data) == length and offset >= _HEADER:
            tags[name.decode("latin-1")] = data
    return tags


def _needed(profile: bytes, tags: Mapping[str, bytes]) -> list[str]:
    """Names of the tags that are used to show an image: tables come before a matrix."""
    if "A2B0" in tags:
        colours = [name for name in _LOOKUPS if name in tags]
    elif profile[16:20] == b"GRAY":
        colours = ["kTRC"]
    elif profile[20:24] == b"XYZ ":
        colours = [*_MATRIX]
    else:
        raise ValueError("no colours")
    return [*(name for name in _WHITE if name in tags), *colours]


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
    plain[8:10] = b"\2\x10" if header[8] < 4 else b"\4\x20"
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
    return data[:4] + bytes(4) + _fractions(data, 8, 3)


def _matrix(data: bytes) -> bytes:
    """Nine numbers of 32 bits."""
    return data[:4] + bytes(4) + _fractions(data, 8, 9)


def _curve(data: bytes) -> bytes:
    """Points of a slope, or one exponent. What jumps up and down is text, not a slope."""
    (count,) = struct.unpack_from(">I", data, 8)
    if count > _LONGEST_CURVE:
        raise ValueError("a curve of too many points")
    values = _exactly(data, 12, 2 * count)
    points = np.frombuffer(values, ">u2").astype(np.int64)
    if count > 1 and np.abs(np.diff(points)).sum() > 2 * abs(points[-1] - points[0]):
        raise ValueError("not a slope")
    return b"curv" + bytes(4) + data[8:12] + values


def _parametric(data: bytes) -> bytes:
    (kind,) = struct.unpack_from(">H", data, 8)
    return b"para" + bytes(4) + data[8:10] + bytes(2) + _fractions(data, 12, _CURVE_PARAMETERS[kind])


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
    """Curves, a matrix, curves, a table and curves, each at an offset of its own, written one after the other."""
    inputs, outputs = data[8], data[9]
    places = struct.unpack_from(">5I", data, 12)
    parts = [
        _curves(data, places[0], outputs),
        _exactly(data, places[1], 48) if places[1] else b"",
        _curves(data, places[2], outputs),
        _grid(data, places[3], inputs, outputs) if places[3] else b"",
        _curves(data, places[4], inputs),
    ]
    at, offsets = 32, b""
    for part in parts:
        offsets += struct.pack(">I", at if part else 0)
        at += len(part)
    return b"mAB " + bytes(4) + data[8:10] + bytes(2) + offsets + b"".join(parts)


def _curves(data: bytes, place: int, count: int) -> bytes:
    """Curves one after the other, each filled up to four bytes; none at place 0."""
    curves = b""
    for _ in range(count if place else 0):
        kind = data[place : place + 4]
        if kind not in _CURVE:
            raise ValueError("not a curve")
        curve = _TYPES[kind](data[place:])
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


def _fractions(data: bytes, start: int, count: int) -> bytes:
    """Numbers of 16 bits before and 16 after the point, none as large as four letters are."""
    part = _exactly(data, start, 4 * count)
    if any(abs(number) > _LARGEST_NUMBER << 16 for (number,) in struct.iter_unpack(">i", part)):
        raise ValueError("not a number of colours")
    return part


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
}
