"""What the owner's jobs are asked to do: one dataclass per job. Imports nothing heavy.

``check`` of a request refuses what is wrong with its options and places; every job begins with it. ``examine`` also
looks at the tables of the data, for faces that answer before a library is loaded; a job finds the same when it reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from mtlue.data.options import DataOptions
from mtlue.errors import InputError, OutputError, check_least, check_most, param
from mtlue.faults import Faults, told_first
from mtlue.jobs.events import Listener, ignore
from mtlue.jobs.requests.cluster import ClusterOptions
from mtlue.jobs.requests.examined import Examined
from mtlue.jobs.requests.fitted import fitted_tasks, require_as_fitted, tasks_as_coded
from mtlue.jobs.requests.places import (
    check_data_places,
    check_place,
    check_splits,
    examine_data,
    note_if_protected,
    require_private,
    require_there,
)
from mtlue.jobs.requests.self_check import SelfCheckOptions
from mtlue.methods.options import MethodChoice
from mtlue.release.finding import find_release
from mtlue.release.form import ReleaseForm
from mtlue.release.layout import OutputFolder
from mtlue.release.shards.store import check_store, finish_store
from mtlue.release.staging import check_output
from mtlue.seeds import read_seed

MOST_PREVIEWED = 64
"""Images of a preview."""
MOST_ON_SHEET = 400
"""Images of a contact sheet."""


@dataclass(frozen=True)
class ReleaseRequest:
    """What every job that writes a release is asked for.

    Args:
        data: the images and labels to read.
        out: folder for ``release/`` and ``private/``; both appear whole at the end, or not at all.
        overwrite: replace an existing release.
        splits: splits to release; all by default.
        form: file format, and whether images keep their own sizes.
        store: address of a folder in an object store that gets the release, in shards; only their manifests are then
            in ``out``, with the private part, which goes nowhere else.
    """

    data: DataOptions
    out: Path
    overwrite: bool = False
    splits: tuple[str, ...] | None = None
    form: ReleaseForm = field(default_factory=ReleaseForm)
    store: str | None = None

    _UNASKED: ClassVar[tuple[str, ...]] = ("out", "overwrite", "store")
    """Fields that do not decide what a release is."""

    @property
    def folder(self) -> OutputFolder:
        return OutputFolder(self.out)

    def identity(self) -> dict[str, Any]:
        """What an interrupted run must have been asked for, too, so that this one can go on from it, as JSON."""
        values: dict[str, Any] = plain(asdict(self))
        return {name: value for name, value in values.items() if name not in self._UNASKED}

    def asked(self) -> str:
        """The same as a text."""
        return json.dumps(self.identity(), sort_keys=True)

    def finish_store(self) -> bool:
        """Finish the store of the same request that was killed once its release was in ``out``; whether it was.

        Raises:
            MtlueError: as :func:`mtlue.release.shards.store.finish_store`.
        """
        return self.store is not None and finish_store(self.store, self.folder, self.asked())

    def check(self) -> None:
        """Refuse what is wrong with options and places.

        Raises:
            InputError: an option or the data.
            OutputError: the output folder; or the same request was killed once its release was there, and all that it
                lacked was its store's last file, which is there now.
        """
        faults = Faults()
        for check in self.checks():
            with faults.gathered():
                check()
        faults.check()
        if self.finish_store():
            raise OutputError(
                f"{self.out} holds this release already: an interrupted run wrote it, and {self.store} is whole, too, "
                "from now on; nothing was protected again"
            )
        check_output(self.folder, self.overwrite)
        if self.store is not None:
            check_store(self.store, self.folder)

    def checks(self) -> Iterator[Callable[[], object]]:
        """What can be refused without regard to the rest of the request: all of it is told at once."""
        yield lambda: check_data_places(self.data)
        yield lambda: check_place(self.out, self.data)
        yield self.form.checked
        yield lambda: self.form.check_store(self.store)


@dataclass(frozen=True)
class ProtectRequest(ReleaseRequest):
    """Fit a method on the training split, then release protected images.

    Args:
        method: which one, with its settings, epsilon and scope.
        seed: whole number, or 32 hexadecimal digits as :func:`mtlue.seeds.seed_text` writes them. None draws a secret.
        fit_limit: fit on this many training images at most, chosen by the keyed hash of their id, those that carry a
            label to protect first; all are released.
        self_check: whether small learners try what is about to be released, and what follows from it.
        preview: training images that a picture shows before and after, before the fit; 0 for no picture.
    """

    method: MethodChoice = field(default_factory=MethodChoice)
    seed: int | str | None = None
    fit_limit: int | None = None
    self_check: SelfCheckOptions = field(default_factory=SelfCheckOptions)
    preview: int = 0

    _UNASKED = (*ReleaseRequest._UNASKED, "self_check", "preview")

    def checks(self) -> Iterator[Callable[[], object]]:
        yield lambda: check_least(self, fit_limit=2, preview=0)
        yield lambda: check_most(self, preview=MOST_PREVIEWED)
        yield lambda: None if self.seed is None else read_seed(self.seed)
        yield self.self_check.check
        yield from super().checks()

    def examine(self, tell: Listener = ignore) -> None:
        """As :meth:`check`, and everything that is wrong with the data's tables, at once.

        Args:
            tell: gets what the job would tell before it reads the data, where that fails.
        """
        self.check()
        try:
            found = examine_data(self.data)
        except InputError:
            note_if_protected(self.data, self.method.epsilon, tell)
            raise
        if found is not None:
            faults = Faults()
            with faults.gathered():
                check_splits(self.splits, found.splits)
            with faults.gathered():
                self.method.scope.check_names(found.tasks)
            with told_first(found.losses):
                faults.check()


@dataclass(frozen=True)
class ApplyRequest(ReleaseRequest):
    """Protect new images of the same tasks with a fitted method: one forward pass per image, no training.

    Args:
        data: the new images; they are read at the fitted pipeline's size unless ``data.size`` says otherwise.
        private: folder that ``protect`` wrote; required.
        fidelity: whether it is measured how visible the change is, as ``protect`` always does.
        cluster: machines that share out the shards, where it names a cluster.
    """

    private: Path = Path()
    fidelity: bool = False
    cluster: ClusterOptions = field(default_factory=ClusterOptions)

    _UNASKED = (*ReleaseRequest._UNASKED, "cluster")

    def checks(self) -> Iterator[Callable[[], object]]:
        yield self.cluster.check
        yield lambda: require_private(self.private)
        yield from super().checks()

    def examine(self) -> None:
        """As :meth:`check`, and everything that is wrong with the data's tables, at once."""
        self.check()
        fitted = fitted_tasks(self.private)
        require_as_fitted(self.data, self.private, fitted)
        found = examine_data(self.data, tasks_as_coded(self.data, fitted))
        if found is not None:
            with told_first(found.losses):
                check_splits(self.splits, found.splits)


@dataclass(frozen=True)
class VerifyRequest:
    """Prove that a release is whole and unchanged and, against clean images, within epsilon.

    Args:
        out: folder that ``protect`` or ``apply`` wrote, or its release alone.
        clean: where the clean images are; None proves nothing about epsilon.
        cluster: machines that share out a release's shards, where it names a cluster.
        store: address of a release in an object store, instead of ``out``.
    """

    out: Path = Path()
    clean: DataOptions | None = None
    cluster: ClusterOptions = field(default_factory=ClusterOptions)
    store: str | None = None

    def check(self) -> None:
        """Refuse what is wrong with options and places.

        Raises:
            VerificationError: a release lacks its manifest.
            InputError: there is no such folder, no release in it, or the data.
        """
        self.cluster.check()
        if self.store is None:
            require_there(self.out, "give the folder that protect or apply wrote")
            find_release(self.out)
        if self.clean is not None:
            check_data_places(self.clean)

    def examine(self) -> None:
        """As :meth:`check`, and everything that is wrong with the clean images' table, at once."""
        self.check()
        if self.clean is not None:
            examine_data(self.clean, ())


@dataclass(frozen=True)
class InspectRequest(Examined):
    """Look at what a dataset holds.

    Args:
        data: the images and labels to read.
        sheet: PNG file for a contact sheet of clean images; None writes none.
        sheet_images: images on the sheet.
    """

    data: DataOptions
    sheet: Path | None = None
    sheet_images: int = 40

    def check(self) -> None:
        check_data_places(self.data)
        if not 1 <= self.sheet_images <= MOST_ON_SHEET:
            raise InputError(f"{param('sheet_images')} {self.sheet_images}: give 1 to {MOST_ON_SHEET}")
        if self.sheet is not None:
            check_place(self.sheet, self.data, "sheet")
            if self.sheet.suffix.lower() != ".png":
                raise InputError(f"{param('sheet')} {self.sheet}: give a name that ends in .png")


def plain(value: Any) -> Any:
    """Plain values as JSON has them: paths and kinds of text as texts, tuples as lists."""
    if isinstance(value, dict):
        return {plain(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, Path | str) else value
