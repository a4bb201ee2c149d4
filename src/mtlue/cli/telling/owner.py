"""What ``mtlue protect`` prints before its fit: what it will take, and where the preview lies."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Iterator
from pathlib import Path

from rich.filesize import decimal

from mtlue.cli.parsing.flags import flag
from mtlue.cli.telling.self_check import tell
from mtlue.cli.terminal.console import err
from mtlue.durations import duration
from mtlue.jobs.owner_events import SELF_CHECK, PreviewWritten, ProbedFiles, ProtectionForecast
from mtlue.release.decoded import resized_from
from mtlue.wording import counted

__all__ = ["tell"]

_PARTS = {"surrogate_epochs": "the surrogates' training", "epochs": "the fit of the perturbation"}
"""Setting that shortens a part of a fit -> what the part is."""
_LONG = 60.0
"""Seconds from which on it is said what takes them."""


@tell.register
def _(event: ProtectionForecast) -> None:
    repeated = "" if event.most is None else f", {duration(event.most)} where it takes {event.fits} fits"
    took = "a few seconds" if event.seconds is None else f"about {duration(event.seconds)}{repeated}"
    gpu = "" if event.gpu_memory is None else f" and {decimal(event.gpu_memory)} of the GPU's"
    err.print(f"estimate: {took} from here on; {decimal(event.memory)} of memory{gpu}")
    for line in _released(event.images, event.files):
        err.print(f"          {line}")
    if (event.seconds or 0) > _LONG:
        for line in _shorter(event):
            err.print(f"          {line}")


def _released(images: int, files: ProbedFiles) -> Iterator[str]:
    """What the release will take up, as PNG too, and what a lossy format takes from the perturbation."""
    size, png = (decimal(round(of * images)) for of in (files.bytes, files.png_bytes))
    beside = "" if files.format == "png" else f" as {files.format}, {png} as png"
    at = of = sources = ""
    if files.size is not None and (before := resized_from(files.source_sizes, files.size)):
        at, of = f" of {files.size[1]}x{files.size[0]} pixels", f" of {before}"
    if files.source_bytes is not None:
        sources = f"; the originals{of}: {decimal(files.source_bytes)}"
    yield f"release: {counted(images, 'image')}{at}, about {size}{beside}{sources}"
    if files.survival is not None:
        yield (
            f"{files.format} is lossy: about {files.survival:.0%} of the perturbation would survive in the files, and "
            f"a pixel would differ by up to about {files.largest} levels, perhaps more, instead of {files.epsilon:g} "
            f"(an estimate from {counted(files.images, 'image')} of yours with an imitated perturbation: the fitted "
            "one may be kept better or worse, and is measured once files are written)"
        )


def _shorter(event: ProtectionForecast) -> Iterator[str]:
    """What takes most of the time, and what shortens it."""
    if event.longest == (SELF_CHECK,):
        yield (
            f"most of it is the self-check: {flag(SELF_CHECK)} false leaves it out, and nothing is known of the "
            "protection then"
        )
    elif event.longest:
        parts = " and ".join(_PARTS[option] for option in event.longest)
        flags, verb = " and ".join(map(flag, event.longest)), "shorten" if event.longest[1:] else "shortens"
        yield f"most of it is {parts}: a smaller {flags} {verb} that, and may protect less"
    if event.smaller is not None:
        height, width = event.smaller
        side = f"{height}" if height == width else f"{height} {width}"
        released = "" if event.files.size is None else ", and images are released at that size"
        yield f"{flag('size')} {side}, half the side, takes a quarter to a half of the time{released}"


@tell.register
def _(event: PreviewWritten) -> None:
    opened = _open(event.path)
    made = "made by a short fit: it" if event.short else "made with another secret: it"
    err.print(f"preview: {event.path}{' (opened)' if opened else ''}", soft_wrap=True)
    err.print(f"  {made} shows the strength to the eye, not the final perturbation;")
    err.print("  it shows clean images, so keep it private: it moves to private/ with the rest,")
    err.print("  and stays where it is if the run is killed before")


def _open(path: Path) -> bool:
    """Show a file where someone sits before a screen."""
    screen = sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if not (screen and err.is_terminal):
        return False
    try:
        return webbrowser.open(path.resolve().as_uri())
    except (webbrowser.Error, OSError):
        return False
