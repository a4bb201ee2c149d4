"""Colour profiles: the same colours, and nothing that tells of a device, a person or a time."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from mtlue.release.profiles import colour_only, describes

SECRETS = (b"SERIAL-4711", "SERIAL-4711".encode("utf-16-be"))


def plain() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def tags_of(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    table = struct.iter_unpack(">4sII", profile[132 : 132 + 12 * count])
    return {name: profile[offset : offset + length] for name, offset, length in table}


def profile_of(tags: dict[bytes, bytes], header: bytes) -> bytes:
    start, table, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + b"HID" + bytes(-(len(data) + 3) % 4)  # between the tags, too
    content = struct.pack(">I", len(tags)) + table + body
    return struct.pack(">I", 128 + len(content)) + header[4:128] + content


def told() -> bytes:
    """A display's profile that says which one it is, in every place that profiles have for it."""
    profile, header = plain(), bytearray(plain()[:128])
    header[4:8], header[24:36], header[48:64], header[80:100] = b"appl", b"\x07\xea" * 6, b"SERIAL-4711 xxxx", b"x" * 20
    secret = b"text" + bytes(4) + SECRETS[0]
    wide = b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(SECRETS[1]), 28) + SECRETS[1]
    more = {b"desc": wide, b"cprt": wide, b"dmnd": wide, b"vcgt": secret, b"mmod": secret, b"meta": secret}
    return profile_of({**tags_of(profile), **more, b"rXYZ": tags_of(profile)[b"rXYZ"] + SECRETS[0]}, bytes(header))


def shown_in(profile: bytes) -> np.ndarray:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    transform = ImageCms.buildTransform(io.BytesIO(profile), ImageCms.createProfile("LAB"), "RGB", "LAB")
    converted = ImageCms.applyTransform(Image.fromarray(pixels), transform)
    assert converted is not None
    return np.asarray(converted)


def test_colours_stay_and_all_else_goes() -> None:
    before = told()
    after = colour_only(before)
    assert after is not None
    assert np.array_equal(shown_in(before), shown_in(after))
    for secret in (*SECRETS, b"HID", b"appl", b"\x07\xea"):
        assert secret in before
        assert secret not in after
    assert after == colour_only(plain())


@pytest.mark.parametrize("profile", [plain(), told()])
def test_a_reduction_is_its_own(profile: bytes) -> None:
    after = colour_only(profile)
    assert after is not None
    assert colour_only(after) == after
    assert colour_only(after + b"x") == after


def test_grey_and_table_profiles_are_kept() -> None:
    header = plain()[:16] + b"GRAY" + plain()[20:128]
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 0x1CD)
    grey = colour_only(profile_of({b"wtpt": tags_of(plain())[b"wtpt"], b"kTRC": curve + b"hidden"}, header))
    assert grey is not None
    assert b"hidden" not in grey
    assert ImageCms.ImageCmsProfile(io.BytesIO(grey)).profile.xcolor_space.strip() == "GRAY"
    table = (
        b"mft1" + bytes(4) + bytes([3, 3, 2, 7]) + bytes(36) + bytes(range(256)) * 3 + bytes(24) + bytes(range(256)) * 3
    )
    lookup = colour_only(profile_of({b"A2B0": table + b"hidden"}, plain()[:128]))
    assert lookup is not None
    assert b"hidden" not in lookup
    assert colour_only(lookup) == lookup


def stages(kind: bytes = b"mAB ", secret: bytes = b"") -> bytes:
    """A table of stages from 3 numbers to 3, with ``secret`` between its parts."""
    curves = (b"para" + bytes(4) + struct.pack(">HHI", 0, 0, 0x10000)) * 3
    matrix = struct.pack(">12I", *[0x8000, 0, 0, 0, 0x8000, 0, 0, 0, 0x8000], 0, 0, 0)
    colours = b"".join(
        struct.pack(">3H", r * 60000, g * 60000, b * 60000) for r in (0, 1) for g in (0, 1) for b in (0, 1)
    )
    grid = bytes([2, 2, 2]) + bytes(13) + bytes([2, 0, 0, 0]) + colours
    offsets, body = [], b""
    for part in (curves, matrix, curves, grid, curves):
        body += secret
        offsets.append(32 + len(body))
        body += part
    return kind + bytes(4) + bytes([3, 3, 0, 0]) + struct.pack(">5I", *offsets) + body


def test_tables_of_stages_are_written_without_gaps() -> None:
    header = plain()[:20] + b"Lab " + plain()[24:128]
    tags = {b"wtpt": tags_of(plain())[b"wtpt"], b"A2B0": stages(b"mAB "), b"A2B1": stages()}
    clean = profile_of(tags, header)
    hiding = profile_of(
        {
            **tags,
            b"A2B0": stages(b"mAB ", b"SERIAL-4711 "),
            b"A2B1": stages(b"mAB ", b"1234"),
            b"B2A0": stages(b"mBA "),
        },
        header,
    )
    after = colour_only(hiding)
    assert after == colour_only(clean)
    assert after is not None
    assert b"SERIAL" not in after
    assert colour_only(after) == after
    assert np.array_equal(shown_in(clean), shown_in(after))


TEXT = b"A letter to nobody, of some length. " * 2000
GAMMA = b"curv" + bytes(4) + struct.pack(">IH", 1, 0x233)
SLOPE = b"curv" + bytes(4) + struct.pack(">I", 4096) + np.linspace(0, 65535, 4096).astype(">u2").tobytes()
LOOKUP = b"mft1" + bytes(4) + bytes([3, 3, 2, 0]) + TEXT[: 36 + 768 + 24 + 768]


def curve_of(points: int) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">I", points) + TEXT[: 2 * points]


HIDING = {
    "a long curve": {b"rTRC": curve_of(30_000)},
    "a short curve": {b"rTRC": curve_of(30)},
    "a long slope": {b"rTRC": b"curv" + bytes(4) + struct.pack(">I", 30_000) + bytes(60_000)},
    "grey beside colours": {b"kTRC": curve_of(4000)},
    "a table as a white point": {b"wtpt": LOOKUP},
    "a table as a curve": {b"gTRC": LOOKUP},
    "a curve as a colour": {b"rXYZ": curve_of(4000)},
    "tables back": {b"B2A0": LOOKUP, b"B2A2": LOOKUP},
    "tables of other intents": {b"A2B1": LOOKUP, b"A2B2": LOOKUP},
    "a long matrix": {b"chad": b"sf32" + bytes(4) + TEXT[:8000]},
    "a long white point": {b"wtpt": b"XYZ " + bytes(4) + TEXT[:8000]},
    "many parameters": {b"gTRC": b"para" + bytes(4) + struct.pack(">HH", 7, 0) + TEXT[:8000]},
}


@pytest.mark.parametrize("hiding", HIDING.values(), ids=HIDING)
def test_a_tag_of_another_type_or_length_or_that_nobody_needs_is_no_hiding_place(hiding: dict[bytes, bytes]) -> None:
    after = colour_only(profile_of({**tags_of(plain()), **hiding}, plain()[:128]))
    assert after is None or (TEXT[40:48] not in after and len(after) < 1000)


@pytest.mark.parametrize("place", range(0, 128, 4))
def test_nor_is_the_header(place: int) -> None:
    before = bytearray(plain())
    before[place : place + 4] = b"text"
    after = colour_only(bytes(before))
    assert after is None or b"text" not in after[:128]


@pytest.mark.parametrize("curve", [GAMMA, SLOPE, b"curv" + bytes(8)], ids=["exponent", "slope", "identity"])
def test_usual_profiles_keep_their_colours(curve: bytes) -> None:
    """As AdobeRGB (an exponent), displays (slopes of many points), and linear ones."""
    tags = {name: data for name, data in tags_of(plain()).items() if name not in (b"cprt", b"desc")}
    before = profile_of({**tags, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}, plain()[:128])
    after = colour_only(before)
    assert after is not None
    assert np.array_equal(shown_in(before), shown_in(after))
    assert describes(after, 3)
    assert not describes(after, 1)


def test_what_is_larger_than_any_profile_is_left_out() -> None:
    points = 40
    table = b"mft2" + bytes(4) + bytes([3, 3, points, 0]) + bytes(36) + struct.pack(">HH", 2, 2)
    long = table + bytes(2 * (6 + points**3 * 3 + 6))
    assert colour_only(profile_of({b"A2B0": long}, plain()[:128])) is not None
    assert (
        colour_only(profile_of({b"A2B0": long, b"A2B1": long[:-1] + b"x", b"A2B2": long[:-1] + b"y"}, plain()[:128]))
        is None
    )


def test_damaged_profiles_give_none_or_a_reduction_and_never_an_error() -> None:
    profile, random = told(), np.random.default_rng(0)
    assert [colour_only(content) for content in (b"", b"x" * 200, profile[:140], profile[:128])] == [None] * 4
    for _ in range(3000):
        mutant = bytearray(profile)
        for place in random.integers(0, 400, 3):
            mutant[place] = random.integers(256)
        after = colour_only(bytes(mutant[: random.integers(1, len(mutant) + 1)]))
        assert after is None or colour_only(after) == after
