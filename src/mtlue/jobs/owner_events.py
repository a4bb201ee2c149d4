"""More of what the owner's jobs tell (:mod:`mtlue.jobs.events`): what comes before a fit. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtlue.jobs.events import Event

SELF_CHECK = "self_check"
"""The option that leaves the check out: a part that a forecast may name as the longest."""


@dataclass(frozen=True)
class ProbedFiles:
    """What a few images become that are encoded with an imitated perturbation.

    Attributes:
        format: of the files, in words.
        epsilon: in levels.
        images: how many these were.
        bytes: of an image, on average.
        seconds: that writing and verifying one takes.
        png_bytes: of an image as PNG, on average.
        survival: share of the perturbation that a lossy format keeps; None where it is lossless.
        largest: change of a value as a reader decodes the files, in levels; None where the format is lossless.
        source_bytes: of all files that are released; None where the images have none.
        size: (H, W) of released images; None where each has its own.
        source_sizes: (H, W) of the smallest and of the largest of the files' images; none where each keeps its own.
    """

    format: str
    epsilon: float
    images: int
    bytes: float
    seconds: float
    png_bytes: float
    survival: float | None = None
    largest: int | None = None
    source_bytes: int | None = None
    size: tuple[int, int] | None = None
    source_sizes: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class ProtectionForecast(Event):
    """What a protection will take, about, from its fit on.

    Attributes:
        images: that will be released.
        seconds: of one fit, of its check and of writing the release, less what an interrupted run has done; None where
            they are too few to be worth timing the machine.
        fits: how many fits there are at most.
        memory: bytes of main memory, with what the process holds already; and of the GPU, where there is one.
        gpu_memory: bytes; None without a GPU.
        files: what the release's image files will be like, measured on a few of them with an imitated perturbation.
        longest: the options that shorten the parts that take most of that time, or leave one out; the longest first.
        smaller: (H, W) of half the side, at which the fit takes far less; None where images are small already.
        most: seconds where all fits that are allowed follow; None where no other can follow.
    """

    images: int
    seconds: float | None
    fits: int
    memory: int
    gpu_memory: int | None
    files: ProbedFiles
    longest: tuple[str, ...] = ()
    smaller: tuple[int, int] | None = None
    most: float | None = None


@dataclass(frozen=True)
class PreviewWritten(Event):
    """A picture of a few images before, after and their difference lies on disk; it shows clean images.

    Attributes:
        path: of the PNG.
        images: how many it shows.
        short: whether a short fit made it, and not the method as it was asked for.
    """

    path: Path
    images: int
    short: bool
