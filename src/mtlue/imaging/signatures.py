"""What image files begin with."""

_STARTS = (
    (b"\x89PNG", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF8", ".gif"),
    (b"BM", ".bmp"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"\0\0\0\x0cjP", ".jp2"),
    (b"\xff\x4f\xff\x51", ".jp2"),
    (b"P5", ".pgm"),
    (b"P6", ".ppm"),
)

ARRAY_START = b"\x93NUMPY"
"""What a file of one array begins with."""


def suffix_from_bytes(content: bytes) -> str | None:
    """The usual suffix of an image file with these bytes; None where they begin no kind that is known here."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return ".webp"
    if content[4:12] in (b"ftypavif", b"ftypavis"):
        return ".avif"
    return next((suffix for start, suffix in _STARTS if content.startswith(start)), None)
