"""``mtlue benchmark``: run a grid of datasets, methods and learners; a killed grid goes on where it was."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from rich import box
from rich.table import Table

from mtlue.cli.console import RuntimeOptions, err, out
from mtlue.cli.options import Parser
from mtlue.cli.values import PLACE
from mtlue.errors import InputError
from mtlue.evaluation.estimate import estimate, machine_speed
from mtlue.evaluation.grid import Grid
from mtlue.evaluation.records import RESULTS
from mtlue.jobs.benchmark import Benchmark
from mtlue.runtime import Runtime
from mtlue.threads import cpu_count

MOST_WORKERS = 256
_SOURCES = Path(__file__).resolve().parents[2]
_PROGRAM = "import sys; sys.path.append(sys.argv.pop(1)); from mtlue.cli import entry; entry()"
"""``mtlue``, also where it is not installed: with -P the working folder is not on the path."""


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
        workers: processes that share the grid's cells and the machine's cores.
    """

    out: Path = Path("benchmark-out")
    dry_run: bool = False
    data_root: Path = Path()
    workers: int = 1


def run(arguments: Sequence[str]) -> int:
    parser = Parser("benchmark", __doc__ or "", GridOptions, BenchmarkOptions, RuntimeOptions)
    given = parser.parse(arguments)
    chosen = given[BenchmarkOptions]
    settings = given[RuntimeOptions]
    if settings.seed != RuntimeOptions.seed:
        raise InputError(f"--seed {settings.seed}: a grid's seeds stand in its file (seeds, protection_seed)")
    runtime = settings.runtime()
    benchmark = Benchmark(Grid.read(given[GridOptions].grid), chosen.out, runtime, chosen.data_root)
    if chosen.dry_run:
        print_plan(benchmark, runtime)
        return 0
    if not 1 <= chosen.workers <= MOST_WORKERS:
        raise InputError(f"--workers {chosen.workers}: give 1 to {MOST_WORKERS}")
    helpers = [start_helper(arguments, chosen.workers) for _ in range(chosen.workers - 1)]
    if helpers:
        torch.set_num_threads(_threads(chosen.workers))
    try:
        records, failures = benchmark.run()
    finally:
        for process in helpers:
            process.terminate()
            process.wait()
    out.print(f"{len(records)} records: {chosen.out / RESULTS}", soft_wrap=True)
    if failures:
        err.print(f"{len(failures)} failed, as named above")
    return 1 if failures else 0


def print_plan(benchmark: Benchmark, runtime: Runtime) -> None:
    """What a run would do, and about how long it would take on this machine."""
    sizes = benchmark.sizes()
    cells = benchmark.grid.cells({name: size.tasks for name, size in sizes.items()})
    speed = machine_speed(runtime)
    lines = estimate(cells, [benchmark.done(cell) for cell in cells], sizes, speed)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("dataset", "method", "learners", "done", "left to do"):
        table.add_column(name, justify="left" if name in ("dataset", "method") else "right")
    for line in lines:
        table.add_row(line.dataset.name, line.label, f"{line.learners}", f"{line.done}", duration(line.seconds))
    out.print(table)
    total = sum(line.seconds for line in lines)
    out.print(
        f"{len(cells)} learners, {sum(line.done for line in lines)} done; about {duration(total)} left at the "
        f"{speed / 1e9:.0f} GFLOP/s that this machine was seen to do (operations counted; reading files not counted)"
    )


def duration(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3.5 h`` or ``12 days``."""
    for unit, length, digits in (("days", 172800, 86400), ("h", 5400, 3600), ("min", 100, 60)):
        if seconds >= length:
            return f"{seconds / digits:.{0 if seconds / digits >= 10 else 1}f} {unit}"
    return f"{seconds:.0f} s"


def start_helper(arguments: Sequence[str], workers: int) -> "subprocess.Popen[bytes]":
    """Another process on the same grid and folder; it imports nothing from the working folder."""
    command = [sys.executable, "-P", "-c", _PROGRAM, str(_SOURCES), "benchmark", *arguments, "--workers", "1"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(_threads(workers))}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _threads(workers: int) -> int:
    return max(1, cpu_count() // workers)
