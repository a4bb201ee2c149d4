"""Threads for work on many image files."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
SMALL = 64 * 64
"""Pixels of an image below which a second thread costs more time, waiting for Python's lock, than it saves
(``benchmarks/levers.py --only file-threads --size 32``)."""
QUEUED = 256
"""Jobs that wait for a thread at a time: those that a stop has to wait for."""


def file_pool(size: tuple[int, int] | None) -> ThreadPoolExecutor:
    """Threads that write image files beside other work: one for each core, or one alone where the images are small.

    Args:
        size: (H, W) of the images; None where each has its own.
    """
    return ThreadPoolExecutor(1 if _small(size) else os.cpu_count() or 1)


def of_files(job: Callable[[T], R], items: Sequence[T], size: tuple[int, int] | None) -> Iterator[R]:
    """``job`` of each item, an image file of ``size`` each, in their order: in threads, unless the images are small."""
    if _small(size):
        yield from map(job, items)
        return
    with file_pool(size) as pool:
        try:
            for start in range(0, len(items), QUEUED):
                yield from pool.map(job, items[start : start + QUEUED])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _small(size: tuple[int, int] | None) -> bool:
    return size is not None and size[0] * size[1] < SMALL
