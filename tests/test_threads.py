import os

import pytest

from mtlue.threads import GROUP, file_pool, mapped


@pytest.mark.parametrize("count", [0, 1, GROUP, GROUP + 1, 70 * GROUP + 3])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    with file_pool(None) as pool:
        assert list(mapped(pool, lambda number: number * 2, range(count))) == [number * 2 for number in range(count)]


def test_an_error_reaches_the_caller() -> None:
    with file_pool((8, 8)) as pool, pytest.raises(ZeroDivisionError):
        list(mapped(pool, lambda number: 1 // number, [1, 0]))


@pytest.mark.parametrize(("size", "threads"), [((63, 64), 1), ((64, 64), None), (None, None)])
def test_small_images_have_one_thread(size: tuple[int, int] | None, threads: int | None) -> None:
    with file_pool(size) as pool:
        assert pool._max_workers == (threads or os.cpu_count() or 1)
