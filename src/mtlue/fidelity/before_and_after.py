"""A picture for the eye: images before and after, and their difference enlarged."""

from __future__ import annotations

import io
from collections.abc import Sequence

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

CELL = 320
"""Pixels of a side of an image in the picture: small ones are enlarged by a whole number, of large ones the middle is
shown pixel by pixel, as reducing them would hide the change."""
GAP, SMALLEST_FONT, LARGEST_FONT = 8, 16, 40
GREY = 128
PAPER, INK = "white", "black"


def before_and_after(pairs: Sequence[tuple[Tensor, Tensor]], epsilon_levels: float) -> bytes:
    """A PNG with a row for each image: before, after, and grey plus the difference, where ±epsilon fills the range.

    Args:
        pairs: images before and after, uint8 [C, H, W] each, C being 1 or 3; at least one.
        epsilon_levels: the bound in 1/255, above 0.
    """
    gain = gain_of(epsilon_levels)
    rows = [[shown(image) for image in (before, after, enlarged(before, after, gain))] for before, after in pairs]
    heights = [max(image.height for image in row) for row in rows]
    width = max(image.width for row in rows for image in row)
    titles = ("before", "after", f"difference, {gain:.0f} times")
    font = _font(titles, width)
    top = GAP + round(1.4 * font.size)
    picture = Image.new("RGB", (3 * (width + GAP) + GAP, top + sum(height + GAP for height in heights)), PAPER)
    draw = ImageDraw.Draw(picture)
    for column, title in enumerate(titles):
        draw.text((GAP + column * (width + GAP), GAP), title, INK, font)
    for row, height in zip(rows, heights, strict=True):
        for column, image in enumerate(row):
            picture.paste(image, (GAP + column * (width + GAP), top))
        top += height + GAP
    stream = io.BytesIO()
    picture.save(stream, format="PNG")
    return stream.getvalue()


def _font(titles: Sequence[str], width: int) -> ImageFont.FreeTypeFont:
    """As large as columns of so many pixels allow: the picture is shown on a phone, too."""
    longest = max(ImageFont.load_default(LARGEST_FONT).getlength(title) for title in titles)
    font = ImageFont.load_default(int(min(LARGEST_FONT, max(SMALLEST_FONT, LARGEST_FONT * width / longest))))
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def gain_of(epsilon_levels: float) -> float:
    """What a difference is multiplied by, so that ±epsilon fills the range around grey."""
    return (GREY - 1) / epsilon_levels


def enlarged(before: Tensor, after: Tensor, gain: float) -> Tensor:
    """Grey plus the difference of two images, ``gain`` times: uint8 [C, H, W]."""
    return ((after.float() - before.float()) * gain + GREY).round().clamp(0, 255).to(torch.uint8)


def shown(image: Tensor) -> Image.Image:
    """An image, uint8 [C, H, W], at the size that it is shown in (:data:`CELL`)."""
    _, height, width = image.shape
    top, left = max(0, height - CELL) // 2, max(0, width - CELL) // 2
    pixels = image[:, top : top + CELL, left : left + CELL].expand(3, -1, -1).permute(1, 2, 0).numpy()
    picture = Image.fromarray(pixels.copy())
    times = max(1, CELL // max(picture.size))
    return picture.resize((picture.width * times, picture.height * times), Image.Resampling.NEAREST)
