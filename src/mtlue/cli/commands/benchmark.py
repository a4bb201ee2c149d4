"""``mtlue benchmark``: run a grid of datasets, methods and learners; a killed grid resumes where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from mtlue.cli.parsing.options import Parser
from mtlue.cli.parsing.values import PLACE
from mtlue.cli.process import heavy_imports
from mtlue.cli.shared.devices import RuntimeOptions
from mtlue.cli.shared.workers import WorkerOptions
from mtlue.cli.terminal.console import err, out, say_next, typed
from mtlue.durations import duration
from mtlue.errors import param
from mtlue.evaluation.grids.grid import Grid
from mtlue.evaluation.records import RESULTS
from mtlue.faults import Faults
from mtlue.jobs.requests.auditor import BenchmarkRequest
from mtlue.jobs.requests.cluster import ClusterOptions

if TYPE_CHECKING:
    from mtlue.jobs.grids.benchmark import BenchmarkEstimate, BenchmarkResult
    from mtlue.runtime import Runtime


@dataclass(frozen=True)
class GridOptions:
    """Which grid.

    Args:
        grid: what is run.
    """

    grid: Path = field(metadata={PLACE: "GRID.yaml"})


@dataclass(frozen=True)
class BenchmarkOptions:
    """How the grid is run.

    Args:
        out: folder for the records and shared work; the same folder again goes on.
        dry_run: print what would be run, with an estimate of time, and run nothing.
        data_root: folder that the grid's data paths are relative to; the current one by default.
    """

    out: Path = Path("benchmark-out")
    dry_run: bool = False
    data_root: Path = Path()


def run(arguments: Sequence[str]) -> int:
    groups = (GridOptions, BenchmarkOptions, WorkerOptions, ClusterOptions, RuntimeOptions)
    given = Parser("benchmark", __doc__ or "", *groups).parse(arguments)
    options, place, workers = given[BenchmarkOptions], given[RuntimeOptions], given[WorkerOptions]
    request = _checked(given[GridOptions].grid, options, workers, given[ClusterOptions], place)
    with heavy_imports():
        from mtlue.jobs.grids.benchmark import estimate_benchmark

        runtime = place.runtime()
    if options.dry_run:
        print_estimate(estimate_benchmark(request, runtime))
        say_next("the same command without --dry-run starts it; killed, it goes on where it stopped")
        return 0
    runtime.require_gpus(workers.devices)
    with workers.helpers("benchmark", arguments):
        result = _run(request, runtime)
    out.print(f"{len(result.records)} records: {options.out / RESULTS}", soft_wrap=True)
    if result.failures:
        err.print(f"{len(result.failures)} failed, as named above")
    again = "mend what is named above; the same command then tries it again"
    say_next(again if result.failures else f"mtlue table {typed(options.out)}")
    return 1 if result.failures else 0


def _checked(
    grid: Path, options: BenchmarkOptions, workers: WorkerOptions, cluster: ClusterOptions, place: RuntimeOptions
) -> BenchmarkRequest:
    """What is asked for, or everything that is wrong with it."""
    faults = Faults()
    if place.seed != RuntimeOptions.seed:
        faults.add(f"{param('seed')} {place.seed}: a grid's seeds are in its file (seeds, protection_seed)")
    with faults.gathered():
        workers.check()
        workers.refuse_cluster(cluster)
    with faults.told_together():
        request = BenchmarkRequest(Grid.read(grid), options.out, options.data_root, cluster)
    with faults.gathered():
        request.check()
    with faults.gathered(f"{grid}: "):
        request.check_data(options.dry_run)
    faults.check()
    return request


def _run(request: BenchmarkRequest, runtime: Runtime) -> BenchmarkResult:
    from mtlue.cli.telling.events import tell
    from mtlue.jobs.grids.benchmark import run_benchmark

    return run_benchmark(request, runtime, tell)


def print_estimate(plan: BenchmarkEstimate) -> None:
    """What a run would do, and about how long it would take on this machine."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("dataset", "method", "learners", "done", "left to do"):
        table.add_column(name, justify="left" if name in ("dataset", "method") else "right")
    for line in plan.lines:
        table.add_row(line.dataset.name, line.label, f"{line.learners}", f"{line.done}", duration(line.seconds))
    out.print(table)
    total, learners = sum(line.seconds for line in plan.lines), sum(line.learners for line in plan.lines)
    out.print(
        f"{learners} learners, {sum(line.done for line in plan.lines)} done; about {duration(total)} left at the "
        f"{plan.speed / 1e9:.0f} GFLOP/s measured on this machine (operations counted; reading files not counted)"
    )
