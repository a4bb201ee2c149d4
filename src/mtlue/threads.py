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
GROUP = 16
"""Images that a thread takes at once: handing over a small one takes as long as reading it."""
_QUEUED = 64


def file_pool(size: tuple[int, int] | None) -> ThreadPoolExecutor:
    """Threads that read or write image files: one for each core, or one alone where the images are small.

    Args:
        size: (H, W) of the images; None where each has its own.
    """
    small = size is not None and size[0] * size[1] < SMALL
    return ThreadPoolExecutor(1 if small else os.cpu_count() or 1)


def mapped(pool: ThreadPoolExecutor, job: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """``job`` of each item, in their order; some of them are held at a time, however many there are."""
    groups = range(0, len(items), GROUP)
    for start in range(0, len(groups), _QUEUED):
        parts = (items[first : first + GROUP] for first in groups[start : start + _QUEUED])
        for results in pool.map(lambda part: [job(item) for item in part], parts):
            yield from results
