"""What countermeasures make of images: computed once for all learners of a run, and kept on disk."""

from copy import deepcopy
from functools import cached_property
from pathlib import Path

from mtlue.data import ArrayDataset
from mtlue.data.derived import at_once, read_images, write_images
from mtlue.errors import InputError
from mtlue.evaluation.countermeasures import Countermeasure, create
from mtlue.evaluation.keys import experiment_key
from mtlue.methods.surrogates import fingerprint
from mtlue.runtime import Runtime
from mtlue.training.loop import Disturbance

_FOLDER = "treated"


class Treatment:
    """One countermeasure on one set of training images.

    Args:
        text: the countermeasure with its settings.
        training: images that learners train on.
        folder: where processed images are kept.
        runtime: of the run: the same for all its learners.
    """

    def __init__(self, text: str, training: ArrayDataset, folder: Path, runtime: Runtime) -> None:
        self._text = text
        self._training = training
        self._folder = folder
        self._runtime = runtime
        self._fresh = create(text)
        self._processed: dict[int, tuple[ArrayDataset, ArrayDataset]] = {}

    def images(self, dataset: ArrayDataset) -> ArrayDataset:
        """A dataset as the countermeasure prepares it: the training images, or those of a test.

        Raises:
            InputError: the countermeasure gives something other than images of the same shape.
        """
        if not self._fresh.prepares:
            return dataset
        processed = self._processed.get(id(dataset.images))
        if processed is None or processed[0].images is not dataset.images:
            processed = dataset, self._prepared(dataset)
            self._processed[id(dataset.images)] = processed
        return dataset.with_images(processed[1].images)

    def disturbance(self) -> Disturbance | None:
        """What changes each batch of one learner's training: a copy of its own; None where nothing does."""
        return deepcopy(self._fitted).disturb if self._fresh.disturbs else None

    @cached_property
    def _fitted(self) -> Countermeasure:
        self._fresh.fit(self._training, self._runtime)
        return self._fresh

    def _prepared(self, dataset: ArrayDataset) -> ArrayDataset:
        file, shape = self._folder / f"{self._key(dataset)}.npy", tuple(dataset.images.shape)
        if file.is_file():
            return dataset.with_images(read_images(file, shape))
        batches = (self._fitted.prepare(batch) for batch in dataset.batches(at_once(dataset)))
        try:
            return dataset.with_images(write_images(batches, shape, file))
        except ValueError as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"countermeasure {self._text} gives {error}: prepare() must keep their shape") from error

    def _key(self, dataset: ArrayDataset) -> str:
        learned = (fingerprint(self._training), self._runtime.seed_for("treatment")) if self._fresh.learns else ()
        return experiment_key(self._text, fingerprint(dataset), *learned)


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

    def of(self, text: str, training: ArrayDataset) -> Treatment:
        """A countermeasure on the training images that it is applied to.

        Args:
            text: the countermeasure with its settings.
            training: all tasks of it; kept alive by this object.
        """
        name = text, id(training)
        if name not in self._treatments:
            self._treatments[name] = Treatment(text, training, self._folder, self._runtime)
        return self._treatments[name]
