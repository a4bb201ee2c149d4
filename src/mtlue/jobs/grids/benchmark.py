"""``benchmark``, from disk to disk: each cell of a grid once, shared work once, whatever happens in between."""

from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace

from mtlue.errors import InputError, MtlueError, spoken
from mtlue.evaluation.grids.cells import Cell
from mtlue.evaluation.grids.estimate import Line, estimate, machine_speed
from mtlue.evaluation.records import Record
from mtlue.jobs.events import CellFailed, LearnerFinished, LearnerStarted, Listener, ignore
from mtlue.jobs.grids.cluster import work_on_cluster
from mtlue.jobs.grids.data import GridData, sizes_of
from mtlue.jobs.grids.images import images_file
from mtlue.jobs.grids.learners import GridLearners
from mtlue.jobs.learners.results_file import ResultsFile
from mtlue.jobs.learners.run_folder import UNREACHABLE, RunFolder, record_cells
from mtlue.jobs.requests.auditor import BenchmarkRequest
from mtlue.runtime import Runtime
from mtlue.structured import is_there
from mtlue.tasks import Task


@dataclass(frozen=True)
class Failure:
    """A cell that did not get a record, or a dataset that could not be read, and why."""

    what: str
    reason: str


@dataclass(frozen=True)
class BenchmarkResult:
    """Every record that the grid has, in its order, and what failed in this run."""

    records: list[Record]
    failures: list[Failure]


@dataclass(frozen=True)
class BenchmarkEstimate:
    """What a run would do.

    Attributes:
        lines: one per dataset and method.
        speed: floating-point operations per second of this machine.
    """

    lines: list[Line]
    speed: float


def run_benchmark(request: BenchmarkRequest, runtime: Runtime, tell: Listener = ignore) -> BenchmarkResult:
    """Train every learner of a grid that has no record yet.

    Several processes may run one grid in one folder: each cell, perturbation and surrogate is locked while one of them
    works on it, and the others take the next. A cell that fails stops no other.

    Args:
        request: what is asked for.
        runtime: device, precision and progress; every seed comes from the grid.
        tell: gets the job's events.

    Raises:
        MtlueError: the folder may not or cannot be written to, or a record in it is damaged.
    """
    request.check()
    return Benchmark(request, runtime, tell).run()


def estimate_benchmark(request: BenchmarkRequest, runtime: Runtime) -> BenchmarkEstimate:
    """What :func:`run_benchmark` would do, and about how long it would take on this machine.

    Raises:
        MtlueError: a dataset cannot be read whose size the grid does not state, or whose tasks the folder does not
            name.
    """
    folder = RunFolder(request.out)
    sizes = sizes_of(request.grid, GridData(folder, request.data_root, runtime))
    cells = request.grid.cells({name: size.tasks for name, size in sizes.items()})
    records, speed = record_cells(folder), machine_speed(runtime)
    done = [records.has(cell.key) for cell in cells]
    images = {cell.perturbation.key: cell.perturbation for cell in cells}
    made = [key for key, one in images.items() if is_there(images_file(folder, one), UNREACHABLE)]
    return BenchmarkEstimate(estimate(cells, done, sizes, speed, made), speed)


class Benchmark:
    """One run of a grid in its folder; the arguments are those of :func:`run_benchmark`."""

    def __init__(self, request: BenchmarkRequest, runtime: Runtime, tell: Listener = ignore) -> None:
        self._request = request
        self._grid = request.grid
        self._runtime = runtime
        self._tell = tell
        self._folder = RunFolder(request.out)
        self.data = GridData(self._folder, request.data_root, runtime)
        self._learners = GridLearners(self._folder, self.data, runtime)
        self._records = record_cells(self._folder)
        self._failures: list[Failure] = []

    def run(self) -> BenchmarkResult:
        """Every cell that has no record yet, then ``results.json``."""
        self._folder.create()
        tasks = self._tasks()
        cells, listed = self._grid.cells(tasks), self._grid.cells({**self._saved_tasks(), **tasks})
        keys = [cell.key for cell in cells]
        results = ResultsFile(self._folder, [cell.key for cell in listed], lambda: self._present(listed))
        results.tell_left_out(self._tell)
        with results.kept_up(), closing(self._work(cells)) as work:
            for position in work:
                self._tell(LearnerFinished(self._records.result(keys[position]), position + 1, len(keys)))
                results.update()
        return BenchmarkResult(self._present(listed), self._failures)

    def _tasks(self) -> dict[str, tuple[Task, ...]]:
        """Dataset's name -> its tasks, of those that can be read."""
        tasks: dict[str, tuple[Task, ...]] = {}
        for spec in self._grid.datasets():
            try:
                self.data.check_same(spec)
                own = {spec.name: self.data.load(spec).tasks}
                self._grid.cells(own)
                tasks |= own
            except Exception as error:
                self._failed(f"dataset {spec.name}", spec.key, error)
        return tasks

    def _saved_tasks(self) -> dict[str, tuple[Task, ...]]:
        """The tasks of all datasets that the folder has records of, whether or not they can be read now."""
        tasks: dict[str, tuple[Task, ...]] = {}
        for spec in self._grid.datasets():
            with suppress(InputError):  # which is told where the dataset is read
                if saved := self.data.saved_tasks(spec):
                    self._grid.cells({spec.name: saved})
                    tasks[spec.name] = saved
        return tasks

    def _present(self, cells: Sequence[Cell]) -> list[Record]:
        """The records that exist already, their datasets and methods named as in this grid."""
        return [
            replace(
                record,
                dataset=cell.perturbation.dataset.name,
                label=None if record.condition == "clean" else cell.perturbation.label,
            )
            for cell in cells
            for record in self._records.present([cell.key])
        ]

    def _work(self, cells: Sequence[Cell]) -> Generator[int, None, None]:
        """Train every cell that has no record yet, here or on a cluster; yields their positions."""

        def started(position: int) -> None:
            self._tell(LearnerStarted(describe(cells[position]), position + 1, len(cells)))

        def failed(position: int, error: Exception) -> None:
            self._failed(describe(cells[position]), cells[position].key, error)

        def train(position: int) -> Record:
            self._learners.images(cells[position].perturbation)
            started(position)
            return self._learners.train(cells[position])

        if self._request.cluster.cluster is not None:
            return work_on_cluster(self._request, cells, self._records, self._runtime, started, failed)
        return self._records.work_through([cell.key for cell in cells], train, failed)

    def _failed(self, what: str, key: str, error: Exception) -> None:
        if isinstance(error, MtlueError):
            reason = " ".join(error.text.split()) or type(error).__name__
        else:
            text = " ".join(str(error).split()) or type(error).__name__
            reason = f"{type(error).__name__}: {text} (see {self._folder.write_traceback(key, error)})"
        self._tell(CellFailed(what, reason))
        self._failures.append(Failure(what, spoken(reason)))


def describe(cell: Cell) -> str:
    """A cell in one line."""
    learner = cell.learner
    tasks = f" {learner.tasks[0]}" if learner.setting == "stl" else ""
    against = "" if learner.countermeasure == "none" else f", {learner.countermeasure}"
    return (
        f"{cell.perturbation.dataset.name}, {cell.perturbation.label}: {learner.setting}{tasks} {learner.backbone}, "
        f"{learner.weighting}{against}, seed {learner.seed}"
    )
