"""``protect``'s own check: a small learner of what is about to be released, against one of clean images.

It says before anything is published which task a release protects least. It is a quick look at some of the images by
one kind of learner that does nothing against the protection; ``audit`` is the thorough one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import torch

from mtlue.data import ArrayDataset
from mtlue.data.listing import TEST, TRAIN
from mtlue.data.loading import Collection
from mtlue.errors import InputError, MtlueError
from mtlue.evaluation.dataset_shape import DatasetShape
from mtlue.evaluation.learner import FAST, Learner
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.protocol import run_learner
from mtlue.evaluation.learners.treatments import Treatments
from mtlue.evaluation.learners.work import training_speed, training_work
from mtlue.evaluation.records import Record
from mtlue.files import named_errors
from mtlue.hashing import subset_by_hash
from mtlue.jobs.checked import SelfCheck
from mtlue.jobs.events import Listener, SelfCheckStarted
from mtlue.memory import return_free_memory
from mtlue.models.cost import learner_flops
from mtlue.protector import Protector
from mtlue.runtime import Runtime
from mtlue.structured import reason
from mtlue.tasks import Task, by_level
from mtlue.tasks.scoring import COUNTED_FROM

STAGE = "self-check"
TRAINING_IMAGES, TEST_IMAGES = 3000, 2000
"""At most: a sample says enough, whatever the size of the set."""
DENSE_TEST_IMAGES = 500
"""At most, where there are labels per pixel: each image has thousands, and takes long to score."""
LEAST_TRAINING, LEAST_TEST = 60, COUNTED_FROM
"""With fewer, nothing that a learner scores says anything."""
RECIPE = replace(FAST, epochs=1, min_steps=300)
"""As many steps as the learners of ``evaluate`` take at least: in a third of them they would learn neither a task nor
what a perturbation teaches."""
BATCH_SIZES = range(16, 65)
"""Images of a step; fewer where they cost more (:data:`WORK`)."""
WORK = 1.8e12
"""Operations that a learner's training takes, about, as far as the size of its batches can see to that: half a minute
on two cores, which 64 images a step take at 56 pixels and labels per image."""
_HELD_OUT = 0.2
"""Share of the training images that learners are tested on where there is no test split."""
_TIMED = 0.5
"""Seconds that the machine is timed for the estimate."""


class SelfChecker:
    """Checks fits of one protection, all on the same images.

    Args:
        collection: what was read.
        runtime: of the command; its seed decides which images are taken.
        folder: for the images that learners train on, protected; nothing of them stays.
        tell: gets :class:`SelfCheckStarted`.
        clean: record of the learner of clean images, where an interrupted run has trained it.
    """

    def __init__(
        self, collection: Collection, runtime: Runtime, folder: Path, tell: Listener, clean: Record | None = None
    ) -> None:
        self._collection = collection
        self._runtime = runtime
        self._folder = folder / STAGE
        self._tell = tell
        self._clean = clean

    def of(self, protector: Protector) -> SelfCheck:
        """Check a fit. What goes wrong here does not lose it: then nothing is known of it, and why."""
        try:
            with self._runtime.stage(STAGE):
                return SelfCheck.of(self._records(protector))
        except MtlueError as error:
            return SelfCheck(why_not=error.text)
        except (Exception, torch.OutOfMemoryError) as error:  # another package's code fails with any error
            return SelfCheck(why_not=f"{type(error).__name__}: {reason(error)}")
        finally:
            return_free_memory()

    def _records(self, protector: Protector) -> list[Record]:
        """Train and test both learners, or the one of protected images where the other one is known."""
        training, test = self._images
        tasks = protector.scope.protected(protector.tasks)
        size = DatasetShape.of_images(training.restricted_to(tasks), test, self._collection.pipeline)
        learner = learner_of(size)
        self._tell_start(learner, size)
        with _emptied(self._folder) as folder:
            protected = protector.protect(training, folder / "protected.npy")
            data = ComparisonData(
                name=self._collection.name,
                clean=training.restricted_to(tasks),
                protected=protected.restricted_to(tasks),
                test=test.restricted_to(tasks),
                pipeline=self._collection.pipeline,
                method=protector.method,
                epsilon=protector.epsilon,
            )
            treatments = Treatments(folder, self._runtime)
            if self._clean is None:
                self._clean = run_learner(data, learner, data.clean, "clean", self._runtime, treatments)
            return [
                self._clean,
                run_learner(data, learner, data.protected, "protected", self._runtime, treatments),
            ]

    @cached_property
    def _images(self) -> tuple[ArrayDataset, ArrayDataset]:
        """Images to train and to test on; which ones they are is as secret as the seed.

        Raises:
            InputError: there are too few.
        """
        key, training = self._runtime.key, self._collection.split(TRAIN)
        if TEST in self._collection.splits:
            test = self._collection.split(TEST)
        else:
            held_out = subset_by_hash(training.ids, int(len(training) * _HELD_OUT), f"{key} held out")
            rest = sorted({*range(len(training))} - {*held_out})
            training, test = training.take(rest), training.take(held_out)
        if why := _too_few(len(training), len(test)):
            raise InputError(why)
        return _some(training, TRAINING_IMAGES, key), _some(test, _most_tested(training.tasks), key)

    def _tell_start(self, learner: Learner, size: DatasetShape) -> None:
        learners = 1 if self._clean is not None else 2
        speed = training_speed(
            self._runtime, learner.backbone, size.tasks, size.shape[0], size.view, learner.recipe.batch_size, _TIMED
        )
        seconds = learners * training_work(learner, size) / speed
        self._tell(SelfCheckStarted(learners, size.train_images, size.test_images, seconds))


def sample_sizes(collection: Collection) -> tuple[int, int] | None:
    """How many images a check trains its learners on, and tests them on; None where there are too few for one."""
    training, testing = _images(collection)
    if _too_few(training, testing):
        return None
    return min(training, TRAINING_IMAGES), min(testing, _most_tested(collection.tasks))


def why_unchecked(collection: Collection) -> str | None:
    """Why no fit on these images can be checked; None where one can."""
    return _too_few(*_images(collection))


def _images(collection: Collection) -> tuple[int, int]:
    training, testing = (sum(own == split for own in collection.splits) for split in (TRAIN, TEST))
    return (training, testing) if testing else (training - int(training * _HELD_OUT), int(training * _HELD_OUT))


def _too_few(training: int, testing: int) -> str | None:
    needed = ((training, LEAST_TRAINING, "train learners on"), (testing, LEAST_TEST, "test learners on"))
    lacking = [f"{count} to {purpose} ({least} at least)" for count, least, purpose in needed if count < least]
    return f"there are too few images: {' and '.join(lacking)}" if lacking else None


def _most_tested(tasks: Sequence[Task]) -> int:
    return DENSE_TEST_IMAGES if by_level(tasks)[1] else TEST_IMAGES


def learner_of(size: DatasetShape) -> Learner:
    """Small, and trained for the same number of steps whatever they cost, on smaller batches where that is much.

    Args:
        size: of the images that it will train on, with the tasks that it will learn.
    """
    learner = Learner(tasks=tuple(task.name for task in size.tasks))
    one = RECIPE.min_steps * learner_flops(learner.backbone, size.tasks, size.shape[0], size.view)
    batch = min(max(int(WORK / one), BATCH_SIZES[0]), BATCH_SIZES[-1])
    recipe = replace(RECIPE, batch_size=batch).for_images(size.train_images)
    return replace(learner, recipe=replace(recipe, min_steps=0))


@contextmanager
def _emptied(folder: Path) -> Iterator[Path]:
    """A folder without what a killed run left in it, and deleted in the end."""
    with named_errors(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _some(images: ArrayDataset, most: int, key: str) -> ArrayDataset:
    return images if len(images) <= most else images.take(subset_by_hash(images.ids, most, key))
