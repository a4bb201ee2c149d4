"""What countermeasures make of images: computed once for all learners of a run, and kept on disk."""

from copy import deepcopy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from mtlue.arrays.mapped_array import Images
from mtlue.data import ArrayDataset
from mtlue.data.derived import at_once, read_images, write_images
from mtlue.errors import InputError
from mtlue.evaluation.attacker import Attacker
from mtlue.evaluation.countermeasures import NONE, Countermeasure, create, keyed
from mtlue.evaluation.keys import experiment_key
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.faults import Failures
from mtlue.methods.surrogates import fingerprint
from mtlue.runtime import Runtime

Hook = Literal["prepare", "prepare_test"]
_FOLDER = "treated"


class Treatment:
    """One countermeasure on one set of training images. What fails is not begun again for the next learner.

    Args:
        text: the countermeasure with its settings.
        attacker: who applies it, with all tasks; the runtime is the run's, the same for all its learners.
        folder: where processed images are kept.
    """

    def __init__(self, text: str, attacker: Attacker, folder: Path) -> None:
        self.attacker = attacker
        self._text = text
        self._folder = folder
        self._fresh = create(text)
        self._processed: dict[tuple[int, Hook], tuple[ArrayDataset, ArrayDataset]] = {}
        self._failures = Failures()

    @cached_property
    def training(self) -> ArrayDataset:
        """The images that learners train on, prepared."""
        if not self._fresh.gathers:
            return self.images(self.attacker.training)
        with self._failures.once("gather"):
            gathered = self._fitted.gather(self.attacker)
        return self.images(gathered)

    def images(self, dataset: ArrayDataset) -> ArrayDataset:
        """Training images as the countermeasure prepares them.

        Raises:
            InputError: the countermeasure gives something other than images of the same shape.
        """
        return self._processed_once(dataset, "prepare") if self._fresh.prepares else dataset

    def test_images(self, dataset: ArrayDataset) -> ArrayDataset:
        """Test images as the countermeasure prepares them; as they are where it changes training images alone.

        Raises:
            InputError: as for :meth:`images`.
        """
        return self._processed_once(dataset, "prepare_test") if self._fresh.treats_test else dataset

    def _processed_once(self, dataset: ArrayDataset, by: Hook) -> ArrayDataset:
        processed = self._processed.get((id(dataset.images), by))
        if processed is None or processed[0].images is not dataset.images:
            processed = dataset, self._prepared(dataset, by)
            self._processed[id(dataset.images), by] = processed
        return dataset.with_images(processed[1].images)

    def attacker_of(self, training: ArrayDataset, runtime: Runtime) -> Attacker:
        """What one learner's attacker has: the images that it trains on, and of all others the same tasks.

        Their own clean images and the test images are treated as test images are, where the countermeasure looks at
        them: a learner of grey images is judged by grey ones, and gets new heads from grey ones.

        Args:
            training: prepared, of the learner's tasks alone.
            runtime: of the learner.
        """
        clean, test = (
            None if dataset is None else self._shown(dataset).restricted_to(training.tasks)
            for dataset in (self.attacker.clean, self.attacker.test)
        )
        return replace(self.attacker, training=training, runtime=runtime, clean=clean, test=test)

    def _shown(self, dataset: ArrayDataset) -> ArrayDataset:
        return self.test_images(dataset) if self._fresh.accompanies else dataset

    def of_learner(self) -> Countermeasure:
        """The countermeasure for one learner's training: a copy of its own."""
        return deepcopy(self._fitted) if self._fresh.attends else self._fresh

    @cached_property
    def _fitted(self) -> Countermeasure:
        if self._fresh.learns:
            with self._failures.once("fit"):
                self._fresh.fit(self.attacker)
        return self._fresh

    def _prepared(self, dataset: ArrayDataset, by: Hook) -> ArrayDataset:
        file, shape = self._folder / f"{self._key(dataset, by)}.npy", tuple(dataset.images.shape)
        if file.is_file():
            return dataset.with_images(read_images(file, shape))
        with self._failures.once(file):
            return dataset.with_images(self._written(dataset, by, file))

    def _written(self, dataset: ArrayDataset, by: Hook, file: Path) -> Images:
        shape = tuple(dataset.images.shape)
        batches = (getattr(self._fitted, by)(batch) for batch in dataset.batches(at_once(dataset)))
        try:
            return write_images(batches, shape, file)
        except ValueError as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"countermeasure {self._text} gives {error}: {by}() must keep their shape") from error

    def _key(self, dataset: ArrayDataset, by: Hook) -> str:
        shape = list(dataset.images.shape)  # the same bytes may be images of other sides
        return experiment_key(keyed(self._text), by, fingerprint(dataset), shape, *self._learned_from())

    def _learned_from(self) -> list[object]:
        """What decides what the countermeasure has learned."""
        if not self._fresh.learns:
            return []
        attacker, method = self.attacker, self.attacker.method
        seen = [fingerprint(attacker.training), attacker.pipeline.to_json(), attacker.runtime.seed_for("treatment")]
        if self._fresh.needs_clean and attacker.clean is not None:
            seen += [fingerprint(attacker.clean), method and (method.name, method.epsilon), attacker.holdout]
        return seen


class Treatments:
    """Every treatment of a run, each made when it is first asked for.

    Args:
        folder: of the run, for the images that they make.
        runtime: of the run.
    """

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        self._folder = folder / _FOLDER
        self._runtime = runtime
        self._treatments: dict[tuple[str, int], Treatment] = {}

    def of(self, text: str, training: ArrayDataset, data: ComparisonData) -> Treatment:
        """A countermeasure on the training images that it is applied to.

        Args:
            text: the countermeasure with its settings.
            training: all tasks of it; kept alive by this object.
            data: what it is compared with, and what an attacker has besides.
        """
        name = text, id(training)
        if name not in self._treatments:
            attacker = data.attacker(training, self._runtime, self._folder)
            self._treatments[name] = Treatment(text, attacker, self._folder)
        return self._treatments[name]


def untreated(attacker: Attacker) -> Treatment:
    """No countermeasure at all."""
    return Treatment(NONE, attacker, Path())
