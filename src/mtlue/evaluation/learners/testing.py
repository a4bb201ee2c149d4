"""One task's test: scores, who is taken for what, and the headline metric of bootstrap draws of the test images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from mtlue.runtime import Runtime
from mtlue.tasks import LabelColumn, Meter, Scores, Scoring, Task
from mtlue.tasks.scoring import best_constants
from mtlue.training.parts import BatchPart

REPLICATES = 100
"""Bootstrap draws of the test images: their 95 % interval is known to about a tenth of its width."""
_SEED = 0
_DIGITS = 6
"""Significant digits of a draw's score in a record."""


@dataclass(frozen=True)
class Terms:
    """On what terms all predictors of a task are tested, so that they can be compared.

    Attributes:
        images: how many test images there are.
        classes: task -> class -> test images that carry it; empty for tasks without classes.
    """

    images: int
    classes: Mapping[str, Mapping[str, int]]

    @cached_property
    def times(self) -> Tensor:
        """How often each bootstrap draw takes each test image, [R, N] int64: the same for all that are tested on them.

        No random stream of a learner is touched.
        """
        draw = np.random.default_rng((_SEED, self.images))
        return torch.from_numpy(draw.multinomial(self.images, np.full(self.images, 1 / self.images), REPLICATES))

    def uncounted(self, task: Task) -> dict[str, int]:
        """Classes that count in no mean over classes, with their test images."""
        return task.uncounted(self.classes[task.name])

    def test(self, task: Task, runtime: Runtime | None = None) -> TaskTest:
        """A fresh test.

        Args:
            runtime: of several processes that show a part of the images each (:func:`mtlue.training.predict`); None
                where all of them are shown here.
        """
        meter = task.meter()
        names = list(self.classes[task.name])
        meter.leave_out([names.index(name) for name in self.uncounted(task)])
        part = BatchPart.of(self.images, *((0, 1) if runtime is None else (runtime.rank, runtime.world_size)))
        return TaskTest(meter, task.headline, self.times, part.rows.start, runtime)


@dataclass
class TaskTest:
    """A meter that is shown test images in sequence, and what it says of bootstrap draws of them."""

    meter: Meter
    headline: str
    times: Tensor
    position: int
    runtime: Runtime | None
    _sums: _Sums | None = field(init=False)

    def __post_init__(self) -> None:
        self._sums = _Sums(self.meter, len(self.times)) if self.meter.additive else None

    def update(self, prediction: Tensor, label: Tensor) -> None:
        """Count a batch, as a meter does."""
        self.meter.update(prediction, label)
        if self._sums is not None:
            self._sums.update(prediction, label, self.times[:, self.position : self.position + len(label)])
        self.position += len(label)

    def scores(self) -> Scores:
        """All metrics over all test images."""
        return self.meter.scores()

    def confusion(self) -> list[list[int]]:
        """Counts by true and predicted class; empty without classes."""
        with self.meter.sync_context(should_sync=self.runtime is not None):
            counts = self.meter.confusion()
        return [] if counts is None else counts.tolist()

    def replicates(self) -> list[float]:
        """The headline metric of each bootstrap draw; empty where the meter does not know which image is which."""
        if self._sums is not None:
            values: Sequence[float] | None = self._sums.scores(self.headline, self.runtime)
        else:
            with self.meter.sync_context(should_sync=self.runtime is not None):
                values = self.meter.redrawn(self.headline, self.times)
        return [float(f"{value:.{_DIGITS}g}") for value in values or ()]


@dataclass(frozen=True)
class Trivial:
    """What the best predictor that never looks at an image scores.

    Attributes:
        scores: each metric by the constant that is best by it.
        replicates: the headline metric of each bootstrap draw; empty where no draw changes it.
    """

    scores: Scores
    replicates: list[float]


def trivial_test(task: Task, train: LabelColumn, test: LabelColumn, terms: Terms) -> Trivial:
    """Test the best predictor that never looks at an image, on the same terms as learners."""
    if type(task).trivial is not Scoring.trivial:  # a kind that has another one in mind
        return Trivial(task.trivial(train, test), [])
    tests = task.constant_tests(train, test, lambda: terms.test(task))
    scores = best_constants(task.metrics, {names: own.scores() for names, own in tests.items()})
    (values,) = (own.replicates() for names, own in tests.items() if task.headline in names)
    return Trivial(scores, values if len(set(values)) > 1 else [])


class _Sums:
    """States of an additive meter for each bootstrap draw: no image's own state is kept."""

    def __init__(self, meter: Meter, draws: int) -> None:
        self._meter = deepcopy(meter)
        size = sum(state.numel() for state in self._states().values())
        self._sums = torch.zeros(draws, size, dtype=torch.float64)

    def update(self, prediction: Tensor, label: Tensor, times: Tensor) -> None:
        """Count a batch, each image as often as each draw takes it.

        Args:
            times: [R, B].
        """
        images = [self._state_of(prediction[i : i + 1], label[i : i + 1]) for i in range(len(label))]
        self._sums += times.double() @ torch.stack(images)

    def scores(self, metric: str, runtime: Runtime | None) -> list[float]:
        """A metric of each draw, over the images of all processes."""
        sums = self._sums if runtime is None else runtime.total(self._sums.clone())
        return [self._score(row, metric) for row in sums]

    def _states(self) -> dict[str, Tensor]:
        return {name: torch.as_tensor(state) for name, state in self._meter.metric_state.items()}

    def _state_of(self, prediction: Tensor, label: Tensor) -> Tensor:
        """Of one image alone, [S]."""
        self._meter.reset()
        self._meter.update(prediction, label)
        return torch.cat([state.flatten().double() for state in self._states().values()])

    def _score(self, row: Tensor, metric: str) -> float:
        self._meter.reset()
        states = self._states()
        parts = row.split([state.numel() for state in states.values()])
        for (name, state), part in zip(states.items(), parts, strict=True):
            setattr(self._meter, name, part.reshape(state.shape).to(state.dtype))
        return self._meter.scores()[metric]
