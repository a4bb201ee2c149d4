"""Work on many items at a time: one loop for all pools, whether their processes are of this machine or of a cluster."""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch

from mtlue.devices import Device, Precision
from mtlue.errors import MtlueError
from mtlue.progress import Progress
from mtlue.runtime import Runtime

Item = TypeVar("Item")
Item_contra = TypeVar("Item_contra", contravariant=True)
Result = TypeVar("Result")
Result_co = TypeVar("Result_co")
_POLL = 0.2
"""Seconds between two looks at what is finished."""


class LostError(MtlueError):
    """Whoever worked on an item was ended from outside, more than once where a pool tries again."""


class Pool(Protocol[Item_contra, Result]):
    """Where items are worked on."""

    @property
    def width(self) -> int:
        """How many at a time."""

    def submit(self, item: Item_contra) -> Future[Result]:
        """Begin with an item."""

    def result(self, future: Future[Result]) -> Result:
        """What came of an item that is finished.

        Raises:
            LostError: nothing can.
            Exception: what the work raised.
        """

    def close(self) -> None:
        """End it, whatever it is doing."""


def spread(pool: Pool[Item, Result], items: Iterable[Item]) -> Iterator[list[tuple[Item, Future[Result]]]]:
    """Have all items worked on, as many at a time as the pool can.

    The pool is given no more than that, so that ``items`` may decide late what comes next.

    Yields:
        What has finished since the last look, which may be nothing.
    """
    waiting: dict[Future[Result], Item] = {}
    following = iter(items)
    while _fill(pool, waiting, following):
        done, _ = wait(waiting, timeout=_POLL, return_when=FIRST_COMPLETED)
        yield [(waiting.pop(future), future) for future in done]


def in_order(pool: Pool[int, Result], count: int) -> Iterator[Result]:
    """Have as many items worked on as ``count`` says, which are known by their numbers; yields results in that order.

    Raises:
        Exception: what the work on any of them raised.
    """
    found: dict[int, Result] = {}
    due = 0
    for done in spread(pool, range(count)):
        found |= {number: pool.result(future) for number, future in done}
        while due in found:
            yield found.pop(due)
            due += 1


def _fill(pool: Pool[Item, Result], waiting: dict[Future[Result], Item], following: Iterator[Item]) -> bool:
    """Whether anything is being worked on."""
    while len(waiting) < pool.width:
        for item in following:
            waiting[pool.submit(item)] = item
            break
        else:
            break
    return bool(waiting)


@dataclass(frozen=True)
class Computing:
    """How a process that works for another one computes.

    Args:
        accelerator, precision, seed: as of the other's runtime.
        threads: that it computes with.
    """

    accelerator: Device
    precision: Precision
    seed: int
    threads: int = 1

    @classmethod
    def like(cls, runtime: Runtime) -> "Computing":
        """As a runtime says."""
        return cls(runtime.accelerator, runtime.precision, runtime.seed)

    def runtime(self, progress: Progress) -> Runtime:
        """The runtime of this process, whose threads are set, too."""
        torch.set_num_threads(self.threads)
        return Runtime(self.accelerator, self.precision, self.seed, progress)
