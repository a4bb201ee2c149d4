"""Measures images as they pass by, on their way into a release."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from mtlue.batching import rows_within
from mtlue.fidelity.excerpts import LARGEST, excerpt
from mtlue.fidelity.measures import measure
from mtlue.fidelity.perceptual import MOST_IMAGES as MOST_PERCEPTUAL
from mtlue.fidelity.perceptual import Perceptual
from mtlue.fidelity.record import DIGITS, Fidelity, ImageFidelity
from mtlue.hashing import subset_by_hash

MOST_IMAGES = 1000
"""Images that are measured; of more, those that the hash of their id chooses."""


class FidelityMeter:
    """Looks at pairs of images in the order of their ids, batch by batch, and keeps a row of numbers for each.

    The sample has no key: two protections of one dataset are compared on the same images.

    Args:
        ids: of all images that will come.
        most: images that are measured.
        perceptual: measures LPIPS of some of them; None where its weights are not there.
    """

    def __init__(self, ids: Sequence[str], most: int = MOST_IMAGES, perceptual: Perceptual | None = None) -> None:
        self._ids = ids
        self._perceptual = perceptual
        self._looked_at = frozenset(subset_by_hash(ids, min(most, MOST_PERCEPTUAL)) if perceptual else ())
        self._chosen = frozenset(subset_by_hash(ids, most))
        self._seen = 0
        self._in_tiles = 0
        self._images: list[ImageFidelity] = []

    def add(self, pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
        """Measure the next images, leaving out those that did not change.

        Args:
            pairs: before and after, uint8 [C, H, W] each; sizes may differ from pair to pair.
        """
        positions = range(self._seen, self._seen + len(pairs))
        self._seen += len(pairs)
        chosen = [(at, *pair) for at, pair in zip(positions, pairs, strict=True) if at in self._chosen]
        self._in_tiles += sum(before[0].numel() > LARGEST for _, before, _ in chosen)
        changed = [(at, before, after) for at, before, after in chosen if not before.equal(after)]
        for group in _of_one_size([(at, excerpt(before), excerpt(after)) for at, before, after in changed]):
            self._measure(group)

    def result(self) -> Fidelity:
        """What was found in all images so far."""
        return Fidelity(len(self._ids), len(self._chosen), self._in_tiles, tuple(self._images))

    def _measure(self, group: Sequence[tuple[int, Tensor, Tensor]]) -> None:
        places, before, after = zip(*group, strict=True)
        columns = measure(torch.stack(before), torch.stack(after))
        columns |= self._perceived(places, before, after)
        rows = zip(*(values.tolist() for values in columns.values()), strict=True)
        for place, row in zip(places, rows, strict=True):
            values: dict[str, Any] = dict(zip(columns, map(_number, row), strict=True))
            self._images.append(ImageFidelity(self._ids[place], **values))

    def _perceived(self, places: Sequence[int], before: Sequence[Tensor], after: Sequence[Tensor]) -> dict[str, Tensor]:
        """LPIPS of those images of a group that it is measured of, NaN for the others."""
        chosen = [row for row, place in enumerate(places) if place in self._looked_at]
        if self._perceptual is None or not chosen:
            return {}
        values = torch.full((len(places),), torch.nan)
        values[chosen] = self._perceptual.distances(
            *(torch.stack([side[i] for i in chosen]) for side in (before, after))
        )
        return {self._perceptual.measure: values}


def _number(value: float) -> float | None:
    return round(value, DIGITS) if math.isfinite(value) else None


def _of_one_size(
    images: Sequence[tuple[int, Tensor, Tensor]],
) -> Iterator[Sequence[tuple[int, Tensor, Tensor]]]:
    """Neighbours of one size, as many at a time as have the pixels of one large image."""
    start = 0
    for end in range(1, len(images) + 1):
        first = images[start][1]
        most = rows_within(LARGEST, first[0].numel())
        if end == len(images) or end - start == most or images[end][1].shape != first.shape:
            yield images[start:end]
            start = end
