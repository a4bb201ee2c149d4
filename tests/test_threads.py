import os

import pytest

from mtlue.threads import QUEUED, file_pool, of_files


@pytest.mark.parametrize("size", [None, (8, 8), (64, 64)])
@pytest.mark.parametrize("count", [0, 1, QUEUED, 2 * QUEUED + 3])
def test_results_come_in_the_order_of_the_items(count: int, size: tuple[int, int] | None) -> None:
    assert list(of_files(lambda number: number * 2, range(count), size)) == [number * 2 for number in range(count)]


@pytest.mark.parametrize("size", [None, (8, 8)])
def test_an_error_reaches_the_caller_and_stops_the_rest(size: tuple[int, int] | None) -> None:
    done = []

    def job(number: int) -> None:
        done.append(1 / number)

    with pytest.raises(ZeroDivisionError):
        list(of_files(job, [0, *range(1, 3 * QUEUED)], size))
    assert len(done) < QUEUED


@pytest.mark.parametrize(("size", "threads"), [((63, 64), 1), ((64, 64), None), (None, None)])
def test_small_images_have_one_thread(size: tuple[int, int] | None, threads: int | None) -> None:
    with file_pool(size) as pool:
        assert pool._max_workers == (threads or os.cpu_count() or 1)
