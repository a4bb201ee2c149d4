"""Threads for work on many image files."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")
_END = object()
Map = Callable[..., Iterator[Any]]
"""As the builtin ``map``: a job and a column for each of its arguments -> its results, in order."""

SMALL = 64 * 64
"""Pixels of an image below which threads lose more time, waiting for Python's lock, than they save
(``benchmarks/levers.py --only export file-threads --size 32``)."""
QUEUED = 256
"""Jobs that wait for a thread at a time: those that a stop has to wait for."""


def cpu_count() -> int:
    """CPUs that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def file_map(size: tuple[int, int] | None) -> Iterator[Map]:
    """A ``map`` for jobs on image files: in threads, alongside what the caller does, unless the images are small.

    Args:
        size: (H, W) of the images; None where each has its own.
    """
    if size is not None and size[0] * size[1] < SMALL:
        yield map
        return
    with ThreadPoolExecutor(cpu_count()) as pool:
        try:
            yield pool.map
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def of_files(job: Callable[[T], R], items: Sequence[T], size: tuple[int, int] | None) -> Iterator[R]:
    """``job`` of each item, an image file of ``size`` each, by :func:`file_map`."""
    with file_map(size) as mapped:
        for start in range(0, len(items), QUEUED):
            yield from mapped(job, items[start : start + QUEUED])


def ahead(items: Iterable[T]) -> Iterator[T]:
    """``items`` in order; each is made in a thread while the caller works on the one before it.

    >>> list(ahead(range(3)))
    [0, 1, 2]
    """
    iterator = iter(items)
    with ThreadPoolExecutor(1, "ahead") as pool:
        coming = pool.submit(next, iterator, _END)
        while (item := coming.result()) is not _END:
            coming = pool.submit(next, iterator, _END)
            yield item  # type: ignore[misc]
