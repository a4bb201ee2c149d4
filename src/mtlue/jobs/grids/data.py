"""The datasets of a grid: each is read once, and has to match the folder's records."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mtlue.data import ArrayDataset, Pipeline
from mtlue.data.collection import Collection
from mtlue.data.listing import TEST, TRAIN
from mtlue.data.loading import load
from mtlue.errors import InputError, param, spoken
from mtlue.evaluation.dataset_shape import DatasetShape
from mtlue.evaluation.grids.cells import DatasetSpec
from mtlue.evaluation.grids.estimate import stated_shape
from mtlue.evaluation.grids.grid import Grid
from mtlue.files import write_json
from mtlue.jobs.learners.run_folder import UNREACHABLE, RunFolder
from mtlue.methods.class_counts import frequent_classes
from mtlue.methods.surrogates import fingerprint
from mtlue.runtime import Runtime
from mtlue.structured import is_there, read_json, refusing
from mtlue.tasks import Task, task_from_json

_UNREADABLE = f"delete it if the images are still the same, else choose another {param('out')}"


@dataclass(frozen=True)
class LoadedData:
    """A dataset of the grid, in the arrays that learners and methods read."""

    train: ArrayDataset
    test: ArrayDataset
    pipeline: Pipeline

    @property
    def tasks(self) -> tuple[Task, ...]:
        return self.train.tasks


@dataclass(frozen=True)
class _SavedImages:
    """Which images a grid's records are of.

    Attributes:
        dataset: its name.
        fingerprints: hashes of the training and of the test images.
        tasks: its tasks; None where they were not written.
    """

    dataset: str
    fingerprints: list[str]
    tasks: list[dict[str, Any]] | None = None


class GridData:
    """The datasets of a grid.

    Args:
        folder: of the grid's records.
        root: folder that the grid's ``data`` paths are relative to.
        runtime: for progress.
    """

    def __init__(self, folder: RunFolder, root: Path, runtime: Runtime) -> None:
        self._folder = folder
        self._root = root
        self._runtime = runtime
        self._loaded: dict[str, LoadedData] = {}

    def load(self, spec: DatasetSpec) -> LoadedData:
        """A dataset, read once.

        Raises:
            InputError: it cannot be read, or has no training or no test images.
        """
        if spec.name not in self._loaded:
            collection = self._read(spec)
            train, test = collection.split(TRAIN), collection.split(TEST)
            if not len(train) or not len(test):
                raise InputError(f"dataset {spec.name} needs training and test images: see {param('test_fraction')}")
            self._loaded[spec.name] = LoadedData(train, test, collection.pipeline)
        return self._loaded[spec.name]

    def _read(self, spec: DatasetSpec) -> Collection:
        """The dataset; an error calls its options as a grid does."""
        try:
            return load(spec.options_below(self._root), self._runtime)
        except InputError as error:
            raise InputError(spoken(error.text)) from error

    def check_same(self, spec: DatasetSpec) -> None:
        """Refuse to mix records of other images, which have the same name and options.

        Raises:
            InputError: the folder holds such records.
        """
        loaded = self.load(spec)
        here = [fingerprint(loaded.train), fingerprint(loaded.test)]
        saved = self._saved(spec)
        if saved is None or (saved.fingerprints == here and saved.tasks is None):
            saved = _SavedImages(spec.name, here, [task.to_json() for task in loaded.tasks])
            write_json(self._file(spec), asdict(saved))
        if saved.fingerprints != here:
            raise InputError(
                f"the records in {self._folder.path} were made from other images or labels than '{spec.name}' has "
                f"now, and stay as they are: bring those images back, or choose another {param('out')}"
            )

    def saved_tasks(self, spec: DatasetSpec) -> tuple[Task, ...] | None:
        """The tasks of the folder's records of a dataset; None where it does not name them.

        Raises:
            InputError: what the folder says of it is damaged.
        """
        saved = self._saved(spec)
        return None if saved is None or saved.tasks is None else self._tasks(spec, saved.tasks)

    def _tasks(self, spec: DatasetSpec, saved: Sequence[dict[str, Any]]) -> tuple[Task, ...]:
        with refusing(self._file(spec), _UNREADABLE):
            return tuple(map(task_from_json, saved))

    def _saved(self, spec: DatasetSpec) -> _SavedImages | None:
        """What the folder's records are of; None where it has none of this dataset."""
        return (
            read_json(self._file(spec), _SavedImages, _UNREADABLE) if is_there(self._file(spec), UNREACHABLE) else None
        )

    def _file(self, spec: DatasetSpec) -> Path:
        return self._folder.data / f"{spec.key}.json"

    def size(self, spec: DatasetSpec, named: Sequence[str] = ()) -> DatasetShape:
        """The size of a dataset: as the grid's file states it, else as it is read.

        The keys of learners hold the names of their tasks, which are those of the records in the folder, if there are
        any: a stated dataset is read, too, where these do not say.

        Args:
            spec: of the dataset.
            named: its tasks that the grid names.

        Raises:
            InputError: the dataset has to be read and cannot be, or what the folder says of it is damaged.
        """
        if spec.expected is not None:
            saved = self._saved(spec)
            if saved is None:
                return stated_shape(spec.expected, named)
            if saved.tasks is not None:
                return replace(stated_shape(spec.expected), tasks=self._tasks(spec, saved.tasks))
        loaded = self.load(spec)
        size = DatasetShape.of_images(loaded.train, loaded.test, loaded.pipeline)
        return replace(size, classes=frequent_classes(loaded.train))


def sizes_of(grid: Grid, data: GridData) -> Mapping[str, DatasetShape]:
    """Dataset's name -> its size."""
    return {spec.name: data.size(spec, grid.named_tasks(spec.name)) for spec in grid.datasets()}
