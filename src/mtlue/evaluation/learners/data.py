"""What one comparison of learners needs: the images that they train and are tested on, and what is trivial."""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mtlue.arrays.mapped_array import chunks
from mtlue.data import ArrayDataset, Pipeline
from mtlue.data.transforms import CentralLabels
from mtlue.errors import InputError, param
from mtlue.evaluation.attacker import Attacker
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.testing import Terms, Trivial, trivial_test
from mtlue.evaluation.records import Condition
from mtlue.methods import METHODS, MethodChoice
from mtlue.runtime import Runtime
from mtlue.tasks import Task


@dataclass(frozen=True)
class ComparisonData:
    """Everything that one comparison of learners needs.

    Attributes:
        name: dataset's name, for the records.
        clean: training images as the owner holds them.
        protected: the same ids as released.
        test: clean test images.
        pipeline: what a learner sees.
        method, epsilon: of the release; epsilon in 0..1.
        label: how tables name the method, where that says more than ``method``.
        unprotected: tasks that the release leaves learnable on purpose.
        own: clean images of the same kind that an attacker has besides; neither trained on by others nor in ``test``.
        released_test: the test images as the release holds them.
        holdout: tasks that the release does not hold, whose labels an attacker brings along; all sets have them.
        release: SHA-256 of the release's manifest; None of images that are in memory alone.
        largest_change: of a pixel, in levels, that the manifest allows the release's lossy files; None of lossless ones
            and of images in memory, which ``epsilon`` bounds.
    """

    name: str
    clean: ArrayDataset
    protected: ArrayDataset
    test: ArrayDataset
    pipeline: Pipeline
    method: str
    epsilon: float
    label: str | None = None
    unprotected: tuple[str, ...] = ()
    own: ArrayDataset | None = None
    released_test: ArrayDataset | None = None
    holdout: tuple[str, ...] = ()
    release: str | None = None
    largest_change: int | None = None
    _trivial: dict[str, Trivial] = field(default_factory=dict, init=False, repr=False, compare=False)
    _test_sets: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def released_tasks(self) -> tuple[Task, ...]:
        """The tasks without those that are held out."""
        return tuple(task for task in self.clean.tasks if task.name not in self.holdout)

    @cached_property
    def terms(self) -> Terms:
        """On what terms all learners are tested; from the labels of the test images alone."""
        return Terms(len(self.test), {task.name: _images_by_class(task, self.test) for task in self.test.tasks})

    def test_set_of(self, learner: Learner) -> str:
        """A hash of the images that a learner is tested on, whatever they are called and whichever tasks they have."""
        if learner.tested_on not in self._test_sets:
            self._test_sets[learner.tested_on] = _hash_of(self.test_of(learner))
        return self._test_sets[learner.tested_on]

    def trivial(self, task: Task) -> Trivial:
        """What the best predictor that never looks at an image scores; computed once."""
        if task.name not in self._trivial:
            train, test = (CentralLabels.of(task, images, self.pipeline) for images in (self.clean, self.test))
            self._trivial[task.name] = trivial_test(task, train, test, self.terms)
        return self._trivial[task.name]

    def test_of(self, learner: Learner) -> ArrayDataset:
        """The images that a learner is tested on.

        Raises:
            InputError: they are those of the release, and it has none.
        """
        if learner.tested_on == "clean":
            return self.test
        if self.released_test is None:
            raise InputError(
                f"{param('tested_on')} released: the release does not hold the test images: protect them too "
                f"({param('splits')}), or test on clean images"
            )
        return self.released_test

    def attacker(self, training: ArrayDataset, runtime: Runtime, folder: Path | None = None) -> Attacker:
        """What somebody has who trains on these images.

        Args:
            training: released, clean or noised images.
            folder: for files of their own.
        """
        return Attacker(training, self.pipeline, runtime, self.own, self.test, self.tool, self.holdout, folder)

    @property
    def tool(self) -> MethodChoice | None:
        """The release's method with its defaults, as an attacker would run it.

        None where that is not installed: a release of another package's method can be audited without it.
        """
        installed = self.method in METHODS and self.epsilon > 0
        return MethodChoice(self.method, epsilon=self.epsilon) if installed else None

    def method_of(self, condition: Condition) -> str | None:
        """What was done to the training images of a condition."""
        return {"noise": "noise", "protected": self.method}.get(condition)


def _images_by_class(task: Task, test: ArrayDataset) -> dict[str, int]:
    """Class -> test images that carry it, in the classes' order; empty for tasks without classes."""
    images = Counter[str]()
    for _, labels in chunks(test.labels[task.name]):
        images.update(task.counts(labels))
    return dict(images)


def _hash_of(images: ArrayDataset) -> str:
    digest = hashlib.sha256(repr(tuple(images.images.shape)).encode())
    for _, part in chunks(images.images):
        digest.update(part.contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
