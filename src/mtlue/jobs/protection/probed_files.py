"""What image files of a release will take up and keep, from a few of the user's images, before anything is fitted.

A perturbation is imitated: one that is fitted lies at -epsilon or epsilon nearly everywhere, in patches of some pixels,
each channel on its own, and so is easier to compress than noise that is drawn for each pixel, and more of it is kept by
a lossy format.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlue.bounds import add_rounded, to_levels
from mtlue.data.loading import Collection
from mtlue.hashing import subset_by_hash
from mtlue.jobs.owner_events import ProbedFiles
from mtlue.release.decoded import Difference
from mtlue.release.form import ReleaseForm
from mtlue.release.formats import FORMATS, Survival, image_format

ENCODED, MOST_LOSSLESS, MOST_LOSSY = 8, 32, 256
"""Images that are encoded at least, and at most: a lossy format's largest change of a pixel shows only in many."""
_PIXELS = 2**19
"""Pixels of images from which on no more than the least are encoded: a part of a second."""
_PATCH = 4
"""Pixels between two independent values of a patch's noise."""
_GAIN = 16.0
"""Times epsilon that the noise between patches would reach, were it not cut off there."""


def probe_files(form: ReleaseForm, released: Collection, epsilon: float, noise: bool = False) -> ProbedFiles:
    """Encode a few images with an imitated perturbation, chosen by the hash of their ids.

    Args:
        form: of the release.
        released: what is released.
        epsilon: of the perturbation, 0..1.
        noise: whether it is noise that is drawn for each pixel.
    """
    form = form.checked()
    written_as = image_format(form.images, form.written_quality)
    generator, count, pixels = torch.Generator().manual_seed(0), 0, 0
    size, png, seconds, survival, difference = 0, 0, 0.0, Survival(), Difference()
    for image in _images(released, MOST_LOSSLESS if written_as.lossless else MOST_LOSSY, form.native):
        if count >= ENCODED and pixels + image[0].numel() > _PIXELS:
            break
        count, pixels = count + 1, pixels + image[0].numel()
        protected = add_rounded(image, imitated(image.shape, epsilon, noise, generator), epsilon)
        started = time.perf_counter()
        content = written_as.encode(protected)
        decoded = written_as.decode(content, image.shape[0])  # to verify it
        seconds += time.perf_counter() - started
        size += len(content)
        png += len(content) if form.images == "png" else _png_bytes(protected)
        survival.add(image, protected, decoded)
        difference += Difference.of(image, decoded)
    source_bytes = released.file_bytes()
    lossless = written_as.lossless
    return ProbedFiles(
        form.images if lossless else f"{form.images} of quality {form.written_quality}",
        to_levels(epsilon),
        count,
        size / count,
        seconds / count,
        png / count,
        None if lossless else survival.share,
        None if lossless else difference.largest,
        source_bytes,
        None if form.native else released.pipeline.image_shape[1:],
        () if form.native or source_bytes is None else released.extreme_sizes(),
    )


def imitated(shape: Sequence[int], epsilon: float, noise: bool, generator: torch.Generator) -> Tensor:
    """A perturbation that files can be measured with, float [C, H, W] within ``epsilon``.

    Args:
        shape: (C, H, W).
        epsilon: bound.
        noise: whether every value is drawn by itself, instead of patches.
        generator: what is drawn from.
    """
    channels, height, width = shape
    if noise:
        return (torch.rand(channels, height, width, generator=generator) * 2 - 1) * epsilon
    coarse = torch.rand(1, channels, -(-height // _PATCH) + 1, -(-width // _PATCH) + 1, generator=generator) * 2 - 1
    patches = F.interpolate(coarse, size=(height, width), mode="bilinear")[0]
    return (patches * _GAIN).clamp(-1, 1) * epsilon


def _png_bytes(image: Tensor) -> int:
    return len(FORMATS["png"].encode(image))


def _images(released: Collection, most: int, native: bool) -> Iterator[Tensor]:
    """Images that are chosen by the hash of their ids, each read when it is its turn."""
    for position in subset_by_hash(released.listing.ids, most):
        yield released.original(position) if native else released.samples.take([position]).images[:][0]
