import threading

import pytest

from mtlue.threads import QUEUED, file_map, of_files


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


@pytest.mark.parametrize(("size", "threaded"), [((63, 64), False), ((64, 64), True), (None, True)])
def test_small_images_need_no_threads(size: tuple[int, int] | None, threaded: bool) -> None:
    with file_map(size) as mapped:
        assert list(mapped(divmod, [7, 9], [2, 4])) == [(3, 1), (2, 1)]
        others = set(mapped(lambda _: threading.get_ident(), range(3))) - {threading.get_ident()}
    assert bool(others) == threaded
