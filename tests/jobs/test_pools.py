"""Pools of workers: as much at a time as they can, results in any order or in the items' own."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from mtlue.jobs.machines.pools import in_order, spread


class Threads:
    """Works on numbers: the smaller, the longer."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._executor = ThreadPoolExecutor(width)
        self.begun: list[int] = []

    def submit(self, item: int) -> Future[int]:
        self.begun.append(item)
        return self._executor.submit(self._work, item)

    def result(self, future: Future[int]) -> int:
        return future.result()

    def close(self) -> None:
        self._executor.shutdown()

    def _work(self, item: int) -> int:
        time.sleep(0.01 * (4 - item))
        if item < 0:
            raise ValueError(f"{item}")
        return item**2


def test_items_are_asked_for_as_late_as_possible() -> None:
    pool = Threads(2)

    def items() -> Iterator[int]:
        for item in range(5):
            assert len(pool.begun) - len(finished) < 2
            yield item

    finished: list[int] = []
    for done in spread(pool, items()):
        finished += [pool.result(future) for _, future in done]
    pool.close()
    assert sorted(finished) == [0, 1, 4, 9, 16]
    assert pool.begun == [0, 1, 2, 3, 4]


def test_results_in_the_order_of_items() -> None:
    pool = Threads(4)
    assert list(in_order(pool, 5)) == [0, 1, 4, 9, 16]
    assert list(in_order(pool, 0)) == []
    pool.close()


def test_what_fails_is_said_by_its_result() -> None:
    pool = Threads(1)
    ((_, future),) = next(done for done in spread(pool, [-1]) if done)
    with pytest.raises(ValueError, match="-1"):
        pool.result(future)
    pool.close()
