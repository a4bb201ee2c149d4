"""Seconds of jobs that take turns, and the peak memory of a job in a process of its own."""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch

STATUS = Path("/proc/self/status")
FORGET_PEAK = "5"

Ways = dict[str, Callable[[], object]]
"""What is measured of a lever: ours first."""


def interleaved(
    jobs: Mapping[str, Callable[[], object]], repeats: int, device: torch.device, warm_up: bool = True
) -> dict[str, list[float]]:
    """Seconds of each job, ``repeats`` times each in turn, where wanted after one turn that warms up."""
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(not warm_up, repeats + 1):
        for name, job in jobs.items():
            settle(device)
            started = time.perf_counter()
            job()
            settle(device)
            if turn:
                times[name].append(time.perf_counter() - started)
    return times


def spread(values: Sequence[float]) -> str:
    """The median, and the lowest and highest value, in three digits."""
    chosen = (min(values), statistics.median(values), max(values))
    low, middle, high = (f"{value:,.0f}" if value >= 100 else f"{value:.3g}" for value in chosen)
    return f"{middle} ({low}–{high})"


def ratios(first: Sequence[float], second: Sequence[float]) -> list[float]:
    """``first`` over ``second``, turn by turn."""
    return [one / other for one, other in zip(first, second, strict=True)]


def in_own_process(job: Callable[..., float], *arguments: object) -> float:
    """What ``job`` returns, run in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(job, *arguments).result()


def peak_bytes(job: Callable[[], object], device: torch.device, above_start: bool = True) -> float:
    """Most memory in use while ``job`` runs, by default without what was in use before (Linux, or CUDA)."""
    if device.type == "cuda":
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        job()
        peak = torch.cuda.max_memory_allocated(device)
    else:
        Path("/proc/self/clear_refs").write_text(FORGET_PEAK)
        before = _status("VmRSS")
        job()
        peak = _status("VmHWM")
    return float(peak - before if above_start else peak)


def _status(name: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return 1024 * int(line.split()[1])


def settle(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)
