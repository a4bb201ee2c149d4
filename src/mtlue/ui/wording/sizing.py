"""The sizes that images may be released at, and what a protection takes at each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median_low

from mtlue.data.files.images import working_box
from mtlue.data.listing import TRAIN
from mtlue.data.loading import Collection
from mtlue.data.options import DataOptions
from mtlue.data.resolving import as_options_say
from mtlue.jobs.protection.expected_work import check_work
from mtlue.methods import MethodChoice
from mtlue.methods.work import FitSize
from mtlue.ui.wording.findings import Estimate, SizeOffer

_FACTORS = (0.5, 1, 2, 4)
"""Sides of what is offered, as shares of the usual ones."""
_LEAST, _MOST = 64, 1024
"""Pixels of the shorter and of the longer side that are offered where they are not the usual ones."""


def size_offers(collection: Collection, method: str, estimate: Estimate) -> list[SizeOffer]:
    """The sizes that a page offers, the smallest first, the usual one among them; their own sizes last, where they have
    others. None where the usual size is all there is.

    Half of the images at least are as large as the largest that is offered: none is there to enlarge photos.

    Args:
        collection: what will be protected.
        method: name of the method.
        estimate: what a protection takes at the usual size.
    """
    height, width = collection.pipeline.image_shape[1:]
    own = collection.original_sizes()
    offers = [_offer(collection, method, estimate, size) for size in _sizes(collection, own)]
    if set(own) != {(height, width)}:
        pixels = sum(h * w for h, w in own) / (height * width * len(own))
        offers.append(SizeOffer(height, width, estimate.times(1, 1, pixels), native=True))
    return offers if len(offers) > 1 else []


def _sizes(collection: Collection, own: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    pipeline = collection.pipeline
    height, width = pipeline.image_shape[1:]
    boxes = [working_box(size, pipeline) for size in own]
    largest = median_low([(bottom - top) / height for _, top, _, bottom in boxes])
    for factor in _FACTORS:
        size = round(height * factor), round(width * factor)
        if factor == 1 or (factor <= largest and min(size) >= _LEAST and max(size) <= _MOST):
            yield size


def _offer(collection: Collection, method: str, estimate: Estimate, size: tuple[int, int]) -> SizeOffer:
    """By the operations that it takes beside those of the usual size; files grow with the pixels."""
    usual = collection.pipeline.image_shape[1:]
    if size == usual:
        return SizeOffer(*size, estimate)
    changed = replace(collection, pipeline=as_options_say(collection.pipeline, DataOptions(size=size)))
    fit, check = (
        after / before if before else 1.0
        for after, before in (
            (_fit_work(changed, method), _fit_work(collection, method)),
            (check_work(changed, changed.tasks), check_work(collection, collection.tasks)),
        )
    )
    pixels = size[0] * size[1] / (usual[0] * usual[1])
    return SizeOffer(*size, estimate.times(fit, check, pixels))


def _fit_work(collection: Collection, method: str) -> float:
    """Operations of one fit with the method's usual settings."""
    size = FitSize.of(collection.split(TRAIN), collection.pipeline)
    return MethodChoice(method).build(size.tasks).estimated_flops(size)
