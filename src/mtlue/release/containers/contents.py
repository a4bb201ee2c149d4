"""What a walker finds in an image file."""

from dataclasses import dataclass


class ContainerError(Exception):
    """A file is not exactly what its format promises; the text says how, without the file's name."""


@dataclass(frozen=True)
class Contents:
    """What a file says of itself before any pixel is decoded.

    Attributes:
        height: in pixels.
        width: in pixels.
        channels: 1 or 3.
        profile: its colour profile, if any.
        stream: the compressed pixels, where a check of them needs their bytes apart from the file's.
        bits: per channel.
    """

    height: int
    width: int
    channels: int
    profile: bytes | None
    stream: bytes
    bits: int = 8


def require(holds: bool, fault: str) -> None:
    """Raise :class:`ContainerError` with ``fault`` unless ``holds``."""
    if not holds:
        raise ContainerError(fault)


def needless(tag: bytes) -> str:
    """What is said of a part that no pixel needs, safe to print."""
    meaning = _MEANINGS.get(tag)
    name = f"a part {tag.decode('latin-1')!r}"
    return f"it carries {meaning} ({name})" if meaning else f"it carries {name}, which no pixel needs"


_MEANINGS = {
    b"eXIf": "EXIF data",
    b"EXIF": "EXIF data",
    b"XMP ": "XMP data",
    b"tEXt": "text",
    b"zTXt": "text",
    b"iTXt": "text or XMP data",
    b"tIME": "a time",
    b"acTL": "an animation",
    b"ANIM": "an animation",
}
