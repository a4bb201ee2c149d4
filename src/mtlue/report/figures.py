"""Figures of the page as PNG data: images side by side, and training curves. Names in them are shown literally."""

import base64
import io
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, MaxNLocator
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from mtlue.visible import visible_lines

QUARTERS = range(0, 101, 25)
LARGEST_IN_STRIP = 96
"""Pixels of an image's longer side in a strip."""
STRIP_GAP = 2
COLORS = {"clean": "#1b9e77", "noise": "#7570b3", "protected": "#d95f02"}


def side_by_side(clean: Tensor, protected: Tensor, epsilon_levels: float) -> str:
    """Clean image, perturbation enlarged to the full range, protected image: three rows, one column per image.

    Args:
        clean, protected: uint8 [N, C, H, W].
        epsilon_levels: epsilon in 1/255; the perturbation is shown as 0.5 + delta / (2 epsilon).

    Returns:
        A data URI.
    """
    count = len(clean)
    figure = Figure(figsize=(2.0 * count, 6.2), layout="constrained")
    delta = (protected.float() - clean.float()) / (2 * epsilon_levels) + 0.5
    names = ("clean", f"perturbation, ×{127.5 / epsilon_levels:.0f}", "protected")
    axes = figure.subplots(3, count, squeeze=False)
    for row, (name, images) in enumerate(zip(names, (clean, (delta * 255).clamp(0, 255), protected), strict=True)):
        for column in range(count):
            _show(axes[row, column], images[column])
        axes[row, 0].set_ylabel(name, fontsize=12)
    return data_uri(figure)


def strip(images: Tensor) -> str:
    """Images side by side, as :func:`strip_image` makes them. Returns a data URI."""
    buffer = io.BytesIO()
    strip_image(images).save(buffer, format="png")
    return _data_uri(buffer.getvalue())


def strip_image(images: Tensor) -> Image.Image:
    """Images side by side, pixel by pixel; those with a side of more than 96 pixels are reduced to that.

    Args:
        images: uint8 [N, C, H, W], at least one.

    Returns:
        An RGBA image, transparent between them.
    """
    shown = [Image.fromarray(displayable(image)).convert("RGB") for image in images]
    for image in shown:
        image.thumbnail((LARGEST_IN_STRIP, LARGEST_IN_STRIP))
    width, height = shown[0].size
    row = Image.new("RGBA", (len(shown) * (width + STRIP_GAP) - STRIP_GAP, height))
    for place, image in enumerate(shown):
        row.paste(image, (place * (width + STRIP_GAP), 0))
    return row


def _show(axis: Axes, image: Tensor) -> None:
    axis.imshow(displayable(image), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axis.set_xticks([])
    axis.set_yticks([])


def curves(panels: Mapping[str, Mapping[str, Sequence[float]]], by_share: bool = False) -> str:
    """Line charts side by side. Returns a data URI.

    Args:
        panels: panel title -> line name -> one value per epoch.
        by_share: spread the values evenly over a training instead, however many epochs it had.
    """
    figure = Figure(figsize=(4.6 * len(panels), 3.3), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)[0]
    for axis, (title, lines) in zip(axes, panels.items(), strict=True):
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
    return data_uri(figure)


def data_uri(figure: Figure) -> str:
    """A figure as a PNG inside a page."""
    return _data_uri(png(figure))


def _data_uri(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def png(figure: Figure) -> bytes:
    """A figure as a PNG file.

    Names of tasks and classes are not read as formulas (``$``), control characters in them are written out, and
    characters that the font does not have become boxes.
    """
    for text in figure.findobj(Text):
        assert isinstance(text, Text)
        text.set_parse_math(False)
        text.set_text(visible_lines(text.get_text()))
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        warnings.filterwarnings("ignore", "Matplotlib currently does not support", UserWarning)
        figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def displayable(image: Tensor) -> NDArray[np.uint8]:
    """[C, H, W], 0..255, as matplotlib shows it."""
    pixels = image.round().to(torch.uint8).numpy()
    return pixels[0] if pixels.shape[0] == 1 else pixels.transpose(1, 2, 0)
