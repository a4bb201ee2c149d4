"""What the auditor's jobs are asked to do: one dataclass per job. Imports nothing heavy.

:meth:`check` of a request refuses what is wrong with its options and places before any library is loaded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtlue.data.options import DataOptions
from mtlue.errors import InputError, param
from mtlue.evaluation.audits.plan import AuditPlan
from mtlue.evaluation.grids.grid import Grid
from mtlue.evaluation.learners.plan import EvaluationPlan, check_stl_tasks
from mtlue.faults import Faults
from mtlue.jobs.requests.cluster import ClusterOptions
from mtlue.jobs.requests.examined import Examined
from mtlue.jobs.requests.places import RULES, check_data_places, check_place, require_release
from mtlue.jobs.requests.remembered_data import remembered_data
from mtlue.release.layout import AuditFolder, OutputFolder

if TYPE_CHECKING:
    from mtlue.data.rows.reading import Found

MOST_SHOWN = 20_000
"""Images of the figure: t-SNE takes minutes for them."""


@dataclass(frozen=True)
class EvaluateRequest(Examined):
    """Compare learners on clean, noised and protected images.

    Args:
        data: where the clean images are.
        protected: folder that ``protect`` wrote, or its release alone.
        out: folder for ``results.json``. Learners that have their record there are not trained again.
        plan: which learners, on which images.
    """

    data: DataOptions
    protected: Path
    out: Path
    plan: EvaluationPlan = field(default_factory=EvaluationPlan)

    def check(self) -> None:
        faults = Faults()
        with faults.gathered():
            check_data_places(self.data)
        with faults.gathered():
            require_release(self.protected)
        with faults.gathered():
            check_place(self.out, self.data)
        faults.check()

    def check_found(self, found: Found) -> None:
        check_stl_tasks(self.plan.stl_tasks, found.tasks)


@dataclass(frozen=True)
class AuditRequest(Examined):
    """Try to break a release, and say the worst first.

    Args:
        release: folder that ``protect`` wrote, or its release alone.
        data: where the clean images are (:func:`mtlue.jobs.requests.remembered_data.remembered_data`).
        plan: what is tried.
        out: folder for ``audit.json``; ``audit`` in the folder that ``protect`` wrote by default. Learners that have
            their record there are not trained again.
        processes: learners that are trained at a time on this machine; None for as many as pay.
        cluster: machines that train them instead, where it names a cluster.
        devices: GPUs of this machine that the processes are spread over.
    """

    release: Path
    data: DataOptions
    plan: AuditPlan = field(default_factory=AuditPlan)
    out: Path | None = None
    processes: int | None = 1
    cluster: ClusterOptions = field(default_factory=ClusterOptions)
    devices: int = 1

    @classmethod
    def of(
        cls,
        release: Path,
        given: Mapping[str, Any],
        plan: AuditPlan | None = None,
        out: Path | None = None,
        processes: int | None = 1,
        cluster: ClusterOptions | None = None,
    ) -> AuditRequest:
        """A request with the data that the release was made from, and in their place what a user says of them.

        Args:
            given: field of :class:`mtlue.data.options.DataOptions` -> its value, as far as the user says something.

        Raises:
            InputError: there is no release, or nothing says where the clean images are.
        """
        require_release(release)
        data = remembered_data(release, given)
        return cls(release, data, plan or AuditPlan(), out, processes, cluster or ClusterOptions())

    @property
    def folder(self) -> Path:
        """Where everything goes."""
        return OutputFolder(self.release).audit if self.out is None else self.out

    @property
    def report(self) -> Path:
        return AuditFolder(self.folder).report

    @property
    def page(self) -> Path:
        return AuditFolder(self.folder).page

    @property
    def as_read(self) -> DataOptions:
        """The data, with the tasks that are held out where the release's tasks are named one by one."""
        named = self.data.tasks
        if named is None or any(Path(task).suffix.lower() in RULES for task in named):
            return self.data
        return replace(self.data, tasks=[*named, *(task for task in self.plan.holdout if task not in named)])

    def check(self) -> None:
        self.cluster.check()
        found = require_release(self.release)
        if self.out is None and found == self.release:
            raise InputError(
                f"{self.release} is a release alone, and nothing is added to what is published: give {param('out')}"
            )
        check_data_places(self.as_read)
        if self.out is not None:
            check_place(self.out, self.data)


@dataclass(frozen=True)
class AnalyseRequest(Examined):
    """Measure how far apart the features of learners lie inside each class of their own training images.

    Args:
        data: where the clean images are.
        protected: folders that ``protect`` wrote, of the same images.
        out: folder for ``analysis.json``. Learners that were measured there are not trained again.
        plan: the learners and their seeds; each learns all tasks at once.
        shown: images of the figure, chosen by the hash of their id.
    """

    data: DataOptions
    protected: tuple[Path, ...]
    out: Path
    plan: EvaluationPlan = field(default_factory=EvaluationPlan)
    shown: int = 1000

    def check(self) -> None:
        if not 2 <= self.shown <= MOST_SHOWN:
            raise InputError(f"{param('plot_images')} {self.shown}: give 2 to {MOST_SHOWN}")
        check_data_places(self.data)
        if not self.protected:
            raise InputError(f"{param('protected')} names no release: give one or more folders that protect wrote")
        repeated = [folder for folder, count in Counter(map(Path.resolve, self.protected)).items() if count > 1]
        if repeated:
            raise InputError(f"{param('protected')} names {repeated[0]} twice: give each release once")
        for folder in self.protected:
            require_release(folder)
        check_place(self.out, self.data)


@dataclass(frozen=True)
class BenchmarkRequest:
    """Train every learner of a grid.

    Args:
        grid: what is run.
        out: folder for the records and shared work; the same folder again goes on.
        data_root: folder that the grid's data paths are relative to.
        cluster: machines that train the learners, where it names a cluster.
    """

    grid: Grid
    out: Path
    data_root: Path = Path()
    cluster: ClusterOptions = field(default_factory=ClusterOptions)

    def check(self) -> None:
        """Refuse a folder that lies among a dataset's images or in a release.

        Raises:
            InputError: names it.
        """
        faults = Faults()
        with faults.gathered():
            self.cluster.check()
        for spec in self.grid.datasets():
            with faults.gathered():
                check_place(self.out, spec.options_below(self.data_root))
        faults.check()

    def check_data(self, dry_run: bool = False) -> None:
        """Refuse datasets that are not where the grid says; a dry run needs none that the grid states the size of.

        A run that has begun goes on without such a dataset: this is for faces that answer before it begins.

        Raises:
            InputError: names the datasets, and their options as the grid writes them.
        """
        faults = Faults()
        for spec in self.grid.datasets():
            if not (dry_run and spec.expected is not None):
                with faults.gathered(f"dataset {spec.name}: "):
                    check_data_places(spec.options_below(self.data_root))
        faults.check()
