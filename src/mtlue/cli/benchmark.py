"""``mtlue benchmark``: run a grid of datasets, methods and learners; a killed grid goes on where it was."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from mtlue.cli.console import RuntimeOptions, err, out
from mtlue.cli.options import Parser
from mtlue.errors import InputError
from mtlue.evaluation.benchmark import Benchmark, describe
from mtlue.evaluation.grid import Grid
from mtlue.evaluation.records import RESULTS


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
    parser = Parser("benchmark", __doc__ or "", BenchmarkOptions, RuntimeOptions)
    parser.add_argument("grid", type=Path, metavar="GRID.yaml", help="what is run")
    options = parser.parse(arguments)
    chosen = parser.read(options, BenchmarkOptions)
    runtime = parser.read(options, RuntimeOptions).runtime(chosen.out / "shared")
    benchmark = Benchmark(Grid.read(options.grid), chosen.out, runtime, chosen.data_root)
    if chosen.workers < 1:
        raise InputError(f"--workers {chosen.workers}: give 1 or more")
    helpers = [_helper(arguments, chosen.workers) for _ in range(chosen.workers - 1)]
    if helpers:
        torch.set_num_threads(_threads(chosen.workers))
    try:
        records, failures = benchmark.run()
    finally:
        for helper in helpers:
            helper.terminate()
            helper.wait()
    out.print(f"{len(records)} records: {chosen.out / RESULTS}", markup=False, soft_wrap=True)
    for failure in failures:
        err.print(f"failed: {describe(failure.cell)}: {failure.reason}", markup=False)
    return 1 if failures else 0


def _helper(arguments: Sequence[str], workers: int) -> "subprocess.Popen[bytes]":
    """Another process on the same grid and folder."""
    command = [sys.executable, "-m", "mtlue", "benchmark", *arguments, "--workers", "1"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(_threads(workers))}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _threads(workers: int) -> int:
    return max(1, (os.cpu_count() or 1) // workers)
