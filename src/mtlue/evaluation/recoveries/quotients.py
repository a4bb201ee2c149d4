"""Recovery as numbers: quotients paired by seed, and by bootstrap draw of the test images. Imports numpy alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_SEED_DRAWS = 10
"""Draws of the seeds for each draw of the test images."""
_SEED = 0
_PERCENTILES = (2.5, 97.5)
_NOWHERE = (math.nan, math.nan)


@dataclass(frozen=True)
class Sample:
    """One metric of one predictor for some seeds.

    Attributes:
        values: [S].
        draws: the same for each bootstrap draw of test images, [S, R]; R is 0 where there are none.
    """

    values: Floats
    draws: Floats

    @classmethod
    def of(cls, values: Sequence[float], draws: Sequence[Sequence[float]]) -> Sample:
        """Of each seed's value and draws; none of the draws counts where seeds have different numbers of them."""
        sizes = {len(row) for row in draws}
        size = sizes.pop() if len(sizes) == 1 else 0
        return cls(np.array(values, np.float64), np.array([row[:size] for row in draws]).reshape(len(values), size))

    @property
    def mean(self) -> float:
        return mean(self.values)

    def fixed(self, count: int) -> Sample:
        """The same values in ``count`` draws, where there are no others: a score that no draw changes."""
        return self if self.draws.size else Sample(self.values, np.repeat(self.values[:, None], count, 1))

    def less(self, other: Sample) -> Sample:
        """The difference to another sample of the same seeds, draw by draw."""
        return Sample(self.values - other.values, _differences(self.draws, other.draws))


@dataclass(frozen=True)
class Paired:
    """What learners of the same seeds score, on released and on clean images, and what is trivial."""

    score: Sample
    clean: Sample
    trivial: Sample
    higher_is_better: bool

    @property
    def gain(self) -> Sample:
        """What clean images teach more than is trivial."""
        sign, trivial = (1 if self.higher_is_better else -1), self._trivial
        return Sample(sign * (self.clean.values - trivial.values), sign * _differences(self.clean.draws, trivial.draws))

    @property
    def quotient(self) -> Sample:
        """Recovery, NaN where clean images taught nothing."""
        gain, trivial, sign = self.gain, self._trivial, 1 if self.higher_is_better else -1
        values = _over(sign * (self.score.values - trivial.values), gain.values)
        draws = _over(sign * _differences(self.score.draws, trivial.draws), gain.draws)
        return Sample(values, draws)

    @property
    def _trivial(self) -> Sample:
        return self.trivial.fixed(self.clean.draws.shape[1])


def mean(values: Floats) -> float:
    """Of those that are numbers; NaN where none is."""
    if values.size == 1:  # of one learner, as most are
        return float(values.item())
    numbers = values[~np.isnan(values)]
    return float(numbers.mean()) if numbers.size else math.nan


def deviation(values: Floats) -> float:
    """The sample's standard deviation (over n - 1); NaN for fewer than two numbers."""
    numbers = values[~np.isnan(values)]
    return float(numbers.std(ddof=1)) if numbers.size > 1 else math.nan


def interval(sample: Sample) -> tuple[float, float]:
    """95 % of the means over seeds lie between: bootstrap of the test images, and of the seeds for each of its draws.

    NaN where there are no draws of the test images.
    """
    seeds, count = sample.draws.shape
    if not seeds or not count:
        return _NOWHERE
    picked = np.random.default_rng(_SEED).integers(seeds, size=(_SEED_DRAWS if seeds > 1 else 1, count, seeds))
    drawn = sample.draws[picked, np.arange(count)[None, :, None]]
    present = ~np.isnan(drawn)
    times = present.sum(2)
    means = np.where(present, drawn, 0).sum(2)[times > 0] / times[times > 0]
    if not means.size:
        return _NOWHERE
    low, high = np.percentile(means, _PERCENTILES)
    return float(low), float(high)


def _differences(ours: Floats, theirs: Floats) -> Floats:
    """[S, R], of as many draws as both have: all, or none."""
    count = min(ours.shape[1], theirs.shape[1])
    return ours[:, :count] - theirs[:, :count]


def _over(numerator: Floats, denominator: Floats) -> Floats:
    if numerator.ndim > 1:
        count = min(numerator.shape[1], denominator.shape[1])
        numerator, denominator = numerator[:, :count], denominator[:, :count]
    taught = denominator > 0
    return np.where(taught, numerator / np.where(taught, denominator, 1), math.nan)
