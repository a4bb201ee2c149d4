"""Colours of any kind to grey or RGB: through an image's own profile where plain numbers would not look alike."""

import io
from typing import Any

from PIL import Image, ImageCms

LARGEST_PROFILE = 2**22
"""Bytes of a colour profile that is used; printers' profiles have up to 3 MB."""
_TRANSPARENT_MODES = frozenset({"RGBA", "LA", "PA", "La", "RGBa"})
_GREY_MODES = frozenset({"1", "L", "LA", "La"})
_KEPT_MODES = {"RGB": "RGB", "GRAY": "L"}
"""Colour space of a profile -> mode of the images that it still describes."""
TRANSPARENT = "transparent: it is placed on white"
DAMAGED_PROFILE = "its colour profile is damaged: it is ignored"
LARGE_PROFILE = f"its colour profile is larger than {LARGEST_PROFILE >> 20} MB: it is ignored"


def is_transparent(image: Image.Image) -> bool:
    """Whether something may lie behind the image."""
    return image.mode in _TRANSPARENT_MODES or "transparency" in image.info


def flattened(image: Image.Image, channels: int) -> tuple[Image.Image, bytes | None, tuple[str, ...]]:
    """Bring a loaded image of any 8-bit mode to L (one channel) or RGB (three), on white where it is transparent.

    Numbers mean a colour by the image's profile. It is kept where it still describes the result. Otherwise (print
    colours, a grey image among coloured ones, a coloured one among grey ones) the image is converted to sRGB by it.

    Returns:
        The image, its profile, and notes.
    """
    mode = "L" if channels == 1 else "RGB"
    profile, notes = _usable(image.info.get("icc_profile"))
    space = _space(profile) if profile else None
    if profile and space is None:
        profile, notes = None, (*notes, DAMAGED_PROFILE)
    if image.mode == "LAB" or (profile and _KEPT_MODES.get(space or "") != mode):
        converted = _to_srgb(image, profile, space)
        image, profile = converted or image, None
    flat = image
    if is_transparent(image):
        flat, transparent = _on_white(image)
        notes = (*notes, TRANSPARENT) if transparent else notes
    return flat if flat.mode == mode else flat.convert(mode), profile, notes


def _usable(profile: object) -> tuple[bytes | None, tuple[str, ...]]:
    if not isinstance(profile, bytes) or not profile:
        return None, ()
    return (None, (LARGE_PROFILE,)) if len(profile) > LARGEST_PROFILE else (profile, ())


def _space(profile: bytes) -> str | None:
    """The colour space of a profile; None where it is damaged."""
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile)).profile.xcolor_space.strip()
    except Exception:  # a damaged profile can make lcms and Pillow raise anything; the pixels are good without it
        return None


def _to_srgb(image: Image.Image, profile: bytes | None, space: str | None) -> Image.Image | None:
    """The image as sRGB, still transparent where it was; None where the profile is not of the image's kind."""
    if image.mode == "LAB":
        return _converted(image, ImageCms.createProfile("LAB"))
    assert profile is not None
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    if image.mode == "CMYK":
        return _converted(image, source) if space == "CMYK" else None
    opaque = _without_alpha(image, space)
    converted = None if opaque is None else _converted(opaque, source)
    if converted is not None and is_transparent(image):
        converted.putalpha(image.convert("RGBA").getchannel("A"))
    return converted


def _without_alpha(image: Image.Image, space: str | None) -> Image.Image | None:
    """The part of the image that a profile of this colour space speaks of."""
    if space == "GRAY" and image.mode in _GREY_MODES:
        return image.getchannel(0) if image.mode in ("LA", "La") else image.convert("L")
    if space == "RGB" and image.mode not in _GREY_MODES:
        return image.convert("RGBA").convert("RGB") if is_transparent(image) else image.convert("RGB")
    return None


def _converted(image: Image.Image, source: Any) -> Image.Image | None:
    """The image as sRGB; None where the profile does not allow it."""
    try:
        return _by_table(image, source) if image.mode == "L" else _by_profile(image, source)
    except ImageCms.PyCMSError:
        return None


def _by_profile(image: Image.Image, source: Any, flags: ImageCms.Flags = ImageCms.Flags.NONE) -> Image.Image | None:
    target = ImageCms.createProfile("sRGB")
    return ImageCms.profileToProfile(image, source, target, outputMode="RGB", flags=flags)


def _by_table(image: Image.Image, source: Any) -> Image.Image | None:
    """Level by level: the table that lcms makes for itself is up to 10 levels off in the dark."""
    levels = Image.frombytes("L", (256, 1), bytes(range(256)))
    converted = _by_profile(levels, source, ImageCms.Flags.NOOPTIMIZE)
    if converted is None:
        return None
    return Image.merge("RGB", [image.point(list(channel.tobytes())) for channel in converted.split()])


def _on_white(image: Image.Image) -> tuple[Image.Image, bool]:
    """The image before white, and whether any pixel lets it through."""
    rgba = image.convert("RGBA")
    if rgba.getchannel("A").getextrema() == (255, 255):
        return rgba, False
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba), True
