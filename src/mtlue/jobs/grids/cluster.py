"""A grid on a cluster: the images that cells share first, then a task for each cell."""

import pickle
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from traceback import format_exception
from typing import TypeVar

from mtlue.errors import MtlueError
from mtlue.evaluation.grids.cells import Cell, Perturbation
from mtlue.evaluation.records import Record
from mtlue.jobs.grids.data import GridData
from mtlue.jobs.grids.learners import GridLearners
from mtlue.jobs.learners.run_folder import CellStore, RunFolder, record_cells
from mtlue.jobs.machines.cluster import ClusterPool, Work
from mtlue.jobs.machines.pools import Computing, LostError, spread
from mtlue.jobs.requests.auditor import BenchmarkRequest
from mtlue.progress import Silent
from mtlue.runtime import Runtime

Numbered = tuple[int, Cell]
Group = tuple[Perturbation, ...]
Broken = dict[str, Exception]
"""Key of perturbed images -> why they cannot be made."""
Item = TypeVar("Item")
Result = TypeVar("Result")


def work_on_cluster(
    request: BenchmarkRequest,
    cells: Sequence[Cell],
    records: CellStore[Record],
    runtime: Runtime,
    started: Callable[[int], None],
    failed: Callable[[int, Exception], None],
) -> Generator[int, None, None]:
    """Train the cells that have no record yet.

    Args:
        request: of the grid.
        cells: all of them.
        records: those that are there; learns the others.
        runtime: of this process.
        started: gets the position of each cell when its task begins.
        failed: gets the exceptions of cells, and the work continues.

    Yields:
        Positions in ``cells``, as soon as their records exist.
    """
    missing = [(position, cell) for position, cell in enumerate(cells) if not records.has(cell.key)]
    if not missing:
        return
    with closing(_pool(request, runtime, _make)) as makers, closing(_pool(request, runtime, _train)) as trainers:
        broken = _made(makers, [cell.perturbation for _, cell in missing])
        for done in spread(trainers, _possible(missing, broken, started, failed)):
            for (position, cell), future in done:
                try:
                    records.hear(cell.key, trainers.result(future))
                except LostError:
                    raise
                except Exception as error:
                    failed(position, error)
                else:
                    yield position


def _made(makers: ClusterPool[Group, Broken], wanted: Sequence[Perturbation]) -> Broken:
    """Have perturbed images made, and surrogates trained: those that may share a surrogate one after another."""
    groups: dict[tuple[str, int], dict[str, Perturbation]] = {}
    for one in wanted:
        if one.method is not None:
            groups.setdefault((one.dataset.key, one.seed), {}).setdefault(one.key, one)
    broken: Broken = {}
    for done in spread(makers, [tuple(group.values()) for group in groups.values()]):
        for group, future in done:
            try:
                broken |= makers.result(future)
            except LostError:
                raise
            except Exception as error:
                broken |= dict.fromkeys((one.key for one in group), error)
    return broken


def _possible(
    cells: Sequence[Numbered],
    broken: Mapping[str, Exception],
    started: Callable[[int], None],
    failed: Callable[[int, Exception], None],
) -> Iterator[Numbered]:
    """The cells whose images could be made."""
    for position, cell in cells:
        if cell.perturbation.key in broken:
            failed(position, broken[cell.perturbation.key])
        else:
            started(position)
            yield position, cell


@dataclass(frozen=True)
class _Spec:
    request: BenchmarkRequest
    computing: Computing


@dataclass
class _Grid:
    """A grid in a process of the cluster."""

    data: GridData
    learners: GridLearners
    records: CellStore[Record]
    known: set[str] = field(default_factory=set)

    def check(self, perturbed: Perturbation) -> None:
        """Refuse another dataset than the grid's other processes read, which a machine may have by the same path."""
        if perturbed.dataset.key not in self.known:
            self.data.check_same(perturbed.dataset)
            self.known.add(perturbed.dataset.key)


def _pool(
    request: BenchmarkRequest, runtime: Runtime, done: Callable[[_Grid, Item], Result]
) -> ClusterPool[Item, Result]:
    return ClusterPool(
        request.cluster,
        runtime,
        lambda computing: Work(_opened, done, _Spec(request, computing), request.out),
    )


def _opened(spec: _Spec) -> _Grid:
    folder, runtime = RunFolder(spec.request.out, claims=False), spec.computing.runtime(Silent())
    data = GridData(folder, spec.request.data_root, runtime)
    return _Grid(data, GridLearners(folder, data, runtime), record_cells(folder))


def _make(grid: _Grid, group: Group) -> Broken:
    broken: Broken = {}
    for perturbed in group:
        try:
            grid.check(perturbed)
            grid.learners.images(perturbed)
        except Exception as error:
            broken[perturbed.key] = _sendable(error)
    return broken


def _sendable(error: Exception) -> Exception:
    """An error as another process can read it: with its traceback as a note, as that stays here; an error that cannot
    be sent becomes one that says the same."""
    sent = error
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # of another package's class
        sent = RuntimeError(f"{type(error).__name__}: {error}")
    if not isinstance(error, MtlueError):
        sent.add_note("".join(format_exception(error)))
    return sent


def _train(grid: _Grid, numbered: Numbered) -> Record:
    _, cell = numbered
    grid.check(cell.perturbation)
    for _ in grid.records.work_through([cell.key], lambda _: grid.learners.train(cell)):
        pass
    return grid.records.result(cell.key)
