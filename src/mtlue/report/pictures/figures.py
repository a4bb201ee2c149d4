"""Figures of a page: images as PNG data, training curves as SVG. Names in them are shown literally."""

import base64
import io
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, MaxNLocator
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from mtlue.fidelity.before_and_after import enlarged, gain_of, shown
from mtlue.visible import visible_lines

QUARTERS = range(0, 101, 25)
LARGEST_IN_STRIP = 96
"""Pixels of an image's longer side in a strip."""
STRIP_GAP = 2
_LEFT_OUT = {
    re.compile(r"<metadata>.*?</metadata>", re.DOTALL): "",
    re.compile(r' xmlns(:xlink)?="[^"]*"'): "",  # a page of HTML needs none
    re.compile(r'<g id="[^"]*">'): "<g>",  # names that two figures on a page would share
}
"""What an SVG holds besides the drawing -> what stands there instead."""
COLORS = {"clean": "#1b9e77", "noise": "#7570b3", "protected": "#d95f02"}


@dataclass(frozen=True)
class Triple:
    """One image as data URIs: before, the difference enlarged, and after."""

    before: str
    difference: str
    after: str


def triples(clean: Tensor, protected: Tensor, epsilon_levels: float) -> list[Triple]:
    """Each image before, its perturbation enlarged to the full range around grey, and after.

    Args:
        clean, protected: uint8 [N, C, H, W].
        epsilon_levels: epsilon in 1/255.
    """
    gain = gain_of(epsilon_levels)
    return [
        Triple(*(_png_uri(shown(image)) for image in (before, enlarged(before, after, gain), after)))
        for before, after in zip(clean, protected, strict=True)
    ]


def _png_uri(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, format="png")
    return _data_uri(buffer.getvalue())


def strip(images: Tensor) -> str:
    """Images side by side, as :func:`strip_image` makes them. Returns a data URI."""
    return _png_uri(strip_image(images))


def strip_image(images: Tensor) -> Image.Image:
    """Images side by side, pixel by pixel; those with a side of more than 96 pixels are reduced to that.

    Args:
        images: uint8 [N, C, H, W], at least one.

    Returns:
        An RGBA image, transparent between them.
    """
    reduced = [Image.fromarray(displayable(image)).convert("RGB") for image in images]
    for image in reduced:
        image.thumbnail((LARGEST_IN_STRIP, LARGEST_IN_STRIP))
    width, height = reduced[0].size
    row = Image.new("RGBA", (len(reduced) * (width + STRIP_GAP) - STRIP_GAP, height))
    for place, image in enumerate(reduced):
        row.paste(image, (place * (width + STRIP_GAP), 0))
    return row


def curves(panels: Mapping[str, Mapping[str, Sequence[float]]], by_share: bool = False) -> Markup:
    """Line charts that take the page's colour of text: an SVG element for each panel, so that a page can wrap them.

    Args:
        panels: panel title -> line name -> one value per epoch.
        by_share: spread the values evenly over a training instead, however many epochs it had.
    """
    return Markup("\n").join(_panel(title, lines, by_share) for title, lines in panels.items())


def _panel(title: str, lines: Mapping[str, Sequence[float]], by_share: bool) -> Markup:
    figure = Figure(figsize=(4.6, 3.3), layout="constrained")
    axis = figure.subplots()
    for name, values in lines.items():
        unit = 100 / len(values) if by_share and values else 1
        places = [unit * (place + 1) for place in range(len(values))]
        axis.plot(places, values, label=name, color=COLORS.get(name), marker=".")
    axis.set_title(title, fontsize=11)
    axis.set_xlabel("% of the training" if by_share else "epoch")
    axis.xaxis.set_major_locator(FixedLocator(QUARTERS) if by_share else MaxNLocator(integer=True, min_n_ticks=1))
    axis.grid(alpha=0.3)
    if len(lines) > 1:
        axis.legend(fontsize=9, frameon=False)
    return _svg(figure, title)


def _data_uri(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def png(figure: Figure) -> bytes:
    """A figure as a PNG file.

    Names of tasks and classes are not read as formulas (``$``), control characters in them are written out, and
    characters that the font does not have become boxes.
    """
    return _saved(figure, "png")


def _svg(figure: Figure, name: str) -> Markup:
    """A figure as an element of a page: no background, black as the colour of the text around it, texts as texts.

    Args:
        name: tells its parts from those of the page's other figures.
    """
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": ascii(name)}):
        content = _saved(figure, "svg", transparent=True, metadata={"Date": None}).decode()
    element = content[content.index("<svg") :].replace("#000000", "currentColor")
    for pattern, instead in _LEFT_OUT.items():
        element = pattern.sub(instead, element)
    return Markup(element)


def _saved(figure: Figure, kind: str, **options: Any) -> bytes:
    """A figure as a file. See :func:`png`."""
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_parse_math(False)
        text.set_text(visible_lines(text.get_text()))
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        warnings.filterwarnings("ignore", "Matplotlib currently does not support", UserWarning)
        figure.savefig(buffer, format=kind, dpi=110, **options)
    return buffer.getvalue()


def displayable(image: Tensor) -> NDArray[np.uint8]:
    """[C, H, W], 0..255, as matplotlib shows it."""
    pixels = image.round().to(torch.uint8).numpy()
    return pixels[0] if pixels.shape[0] == 1 else pixels.transpose(1, 2, 0)
