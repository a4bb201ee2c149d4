"""Runs a grid: each cell once, shared work once, whatever happens in between."""

import io
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock, Timeout

from mtlue.data import ArrayDataset, Pipeline
from mtlue.data.listing import TEST, TRAIN
from mtlue.data.loading import load
from mtlue.errors import InputError, MtlueError
from mtlue.evaluation.audit_data import AuditData
from mtlue.evaluation.cells import Cell, DatasetSpec, Perturbation
from mtlue.evaluation.estimate import Size
from mtlue.evaluation.grid import Grid
from mtlue.evaluation.protocol import run_learner
from mtlue.evaluation.records import RESULTS, Record, read_records, write_records
from mtlue.files import named_errors, write_bytes, write_json, write_text
from mtlue.methods.surrogates import fingerprint
from mtlue.protector import Protector
from mtlue.runtime import Runtime
from mtlue.structured import is_there, read_json, refusing
from mtlue.tasks import Task

PAUSE = 2.0
"""Seconds until a process looks again whether another has finished the work it waits for."""
_UNREACHABLE = "choose another --out, or change its permissions"


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
class Failure:
    """A cell that did not get a record, or a dataset that could not be read, and why."""

    what: str
    reason: str


@dataclass(frozen=True)
class _SavedImages:
    """Which images a grid's records are of: hashes of the training and of the test images."""

    dataset: str
    fingerprints: list[str]


class Benchmark:
    """A grid and the folder that holds its records.

    Several processes may run one grid in one folder: each cell, perturbation and surrogate is locked while one of them
    works on it, and the others take the next.

    Args:
        grid: what is run.
        folder: holds ``cells/`` (one record each), ``shared/`` (perturbed images, surrogates) and ``results.json``.
        runtime: device and progress; every seed comes from the grid.
        data_root: folder that the grid's ``data`` paths are relative to.
    """

    def __init__(self, grid: Grid, folder: Path, runtime: Runtime, data_root: Path = Path()) -> None:
        self.grid = grid
        self.folder = folder
        self._data_root = data_root
        self._runtime = runtime
        self._loaded: dict[str, LoadedData] = {}
        self._hopeless: dict[str, MtlueError] = {}

    def run(self) -> tuple[list[Record], list[Failure]]:
        """Run every cell that has no record yet; returns all records and what failed in this run."""
        with named_errors(self.folder):
            for name in ("cells", "shared", "locks"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
        tasks: dict[str, tuple[Task, ...]] = {}
        failures = []
        for spec in self.grid.datasets():
            try:
                self._check_same(spec)
                own = {spec.name: self.data(spec).tasks}
                self.grid.cells(own)
                tasks |= own
            except MtlueError as error:
                failures.append(self._failed(f"dataset {spec.name}", str(error)))
        cells = self.grid.cells(tasks)
        failures += self._run_all(cells)
        return self.collect(cells), failures

    def collect(self, cells: Sequence[Cell]) -> list[Record]:
        """Write ``results.json`` out of the records that there are, in the grid's order."""
        records = [
            replace(record, label=cell.perturbation.label if record.condition != "clean" else None)
            for cell in cells
            if self.done(cell)
            for record in self._kept(cell)
        ]
        write_records(self.folder / RESULTS, records)
        return records

    def _kept(self, cell: Cell) -> list[Record]:
        try:
            return read_records(self._record(cell))
        except InputError as error:
            raise InputError(
                f"{self._record(cell)} is damaged: delete it, and its cell runs again ({error})"
            ) from error

    def done(self, cell: Cell) -> bool:
        """Whether the cell has its record."""
        return is_there(self._record(cell), _UNREACHABLE)

    def data(self, spec: DatasetSpec) -> LoadedData:
        """A dataset, read once."""
        if spec.name not in self._loaded:
            place = None if spec.options.data is None else self._data_root / spec.options.data
            collection = load(replace(spec.options, data=place), self._runtime)
            train, test = collection.split(TRAIN), collection.split(TEST)
            if not len(train) or not len(test):
                raise InputError(f"dataset {spec.name} needs training and test images: see --test-fraction")
            self._loaded[spec.name] = LoadedData(train, test, collection.pipeline)
        return self._loaded[spec.name]

    def _check_same(self, spec: DatasetSpec) -> None:
        """Refuse to mix records of other images, which have the same name and options."""
        loaded = self.data(spec)
        found = [fingerprint(loaded.train), fingerprint(loaded.test)]
        file = self.folder / "data" / f"{spec.key}.json"
        if not is_there(file, _UNREACHABLE):
            write_json(file, {"dataset": spec.name, "fingerprints": found})
        elif read_json(file, _SavedImages, "choose another --out, or delete that folder").fingerprints != found:
            raise InputError(
                f"the records in {self.folder} are of other images or labels than those that '{spec.name}' has now: "
                "choose another --out, or delete that folder"
            )

    def sizes(self) -> dict[str, Size]:
        """The size of each dataset: as the grid's file states it, else as it is read."""
        return {spec.name: self._size(spec) for spec in self.grid.datasets()}

    def _size(self, spec: DatasetSpec) -> Size:
        if spec.expected is not None:
            return Size.of(spec.expected)
        loaded = self.data(spec)
        channels, height, width = loaded.train.images.shape[1:]
        view = loaded.pipeline.crop or (height, width)
        return Size(loaded.tasks, len(loaded.train), len(loaded.test), (channels, height, width), view)

    def _run_all(self, cells: Sequence[Cell]) -> Iterator[Failure]:
        waiting = [cell for cell in cells if not self.done(cell)]
        while waiting:
            busy = []
            for cell in waiting:
                try:
                    with self._claimed(cell.key):
                        self._run(cell)
                        self.collect(cells)
                except Timeout:
                    busy.append(cell)
                except Exception as error:
                    yield self._failed(describe(cell), self._explained(cell, error))
            if len(busy) == len(waiting):
                time.sleep(PAUSE)
            waiting = [cell for cell in busy if not self.done(cell)]

    def _run(self, cell: Cell) -> None:
        if self.done(cell):
            return
        perturbed, loaded = cell.perturbation, self.data(cell.perturbation.dataset)
        training = self._training(perturbed, loaded)
        method = perturbed.method
        audit = AuditData(
            name=perturbed.dataset.name,
            clean=loaded.train,
            protected=training,
            test=loaded.test,
            pipeline=loaded.pipeline,
            method=method.name if method else "",
            epsilon=method.epsilon if method else 0.0,
            label=perturbed.label,
            unprotected=method.scope.unprotected if method else (),
        )
        record = run_learner(audit, cell.learner, training, perturbed.condition, self._runtime)
        write_records(self._record(cell), [record])

    def _training(self, perturbed: Perturbation, loaded: LoadedData) -> ArrayDataset:
        """The images that a learner trains on; perturbed ones are made once and kept."""
        if perturbed.method is None:
            return loaded.train
        file = self.folder / "shared" / f"{perturbed.key}.npy"
        if not is_there(file, _UNREACHABLE):
            if perturbed.key in self._hopeless:
                raise self._hopeless[perturbed.key]
            with self._claimed(perturbed.key):
                if not file.is_file():
                    self._perturb(perturbed, loaded, file)
        return loaded.train.with_images(_read_images(file, loaded.train))

    def _perturb(self, perturbed: Perturbation, loaded: LoadedData, file: Path) -> None:
        assert perturbed.method is not None
        runtime = self._runtime.replace(seed=perturbed.seed)
        runtime.progress.note(f"{perturbed.dataset.name}: {perturbed.label}, seed {perturbed.seed}")
        started = time.perf_counter()
        try:
            protector = Protector.of(perturbed.method, runtime).fit(
                loaded.train, loaded.pipeline, self.folder / "shared"
            )
            images = protector.protect(loaded.train).images
        except MtlueError as error:
            self._hopeless[perturbed.key] = error
            raise
        seconds = time.perf_counter() - started
        buffer = io.BytesIO()
        np.save(buffer, images[:].numpy())
        protector.save(self.folder / "shared" / perturbed.key)
        write_json(
            self.folder / "shared" / f"{perturbed.key}.json",
            {"label": perturbed.label, "seconds": seconds, "curves": protector.record.curves},
        )
        write_bytes(file, buffer.getvalue())

    @contextmanager
    def _claimed(self, key: str) -> Iterator[None]:
        """Hold a piece of work, or raise Timeout because another process holds it."""
        with FileLock(self.folder / "locks" / f"{key}.lock", timeout=0):
            yield

    def _explained(self, cell: Cell, error: Exception) -> str:
        reason = " ".join(str(error).split()) or type(error).__name__
        if not isinstance(error, MtlueError):
            place = self.folder / "failed" / f"{cell.key}.txt"
            write_text(place, traceback.format_exc())
            reason = f"{type(error).__name__}: {reason} (see {place})"
        return reason

    def _failed(self, what: str, reason: str) -> Failure:
        self._runtime.progress.note(f"failed: {what}: {reason}")
        return Failure(what, reason)

    def _record(self, cell: Cell) -> Path:
        return self.folder / "cells" / f"{cell.key}.json"


def _read_images(file: Path, clean: ArrayDataset) -> torch.Tensor:
    """Perturbed twins of clean images, uint8 [N, C, H, W], that :meth:`Benchmark._perturb` kept."""
    with refusing(file, "delete it, and it is made again"):
        images = np.load(file, mmap_mode="c", allow_pickle=False)
        if images.dtype != np.uint8 or images.shape != tuple(clean.images.shape):
            raise ValueError(f"it holds {images.dtype} {list(images.shape)}, not images {list(clean.images.shape)}")
        return torch.from_numpy(images)


def describe(cell: Cell) -> str:
    """A cell in one line."""
    learner = cell.learner
    tasks = f" {learner.tasks[0]}" if learner.setting == "stl" else ""
    against = "" if learner.countermeasure == "none" else f", {learner.countermeasure}"
    return (
        f"{cell.perturbation.dataset.name}, {cell.perturbation.label}: {learner.setting}{tasks} {learner.backbone}, "
        f"{learner.weighting}{against}, seed {learner.seed}"
    )
