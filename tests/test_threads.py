import itertools
import threading
from collections.abc import Generator, Iterator

import pytest

from mtlue.threads import QUEUED, ahead, file_map, of_files


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


def test_ahead_makes_the_next_item_meanwhile_and_no_more() -> None:
    made: list[int] = []
    second = threading.Event()

    def items() -> Iterator[int]:
        for number in range(4):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    coming = ahead(items())
    assert next(coming) == 0
    assert second.wait(10)  # made without being asked for
    assert [*coming] == [1, 2, 3]
    assert made == [0, 1, 2, 3]


def test_ahead_raises_where_the_item_would_come_and_stops_with_its_caller() -> None:
    def items() -> Iterator[int]:
        yield 0
        raise ValueError("broken")

    coming = ahead(items())
    assert next(coming) == 0
    with pytest.raises(ValueError, match="broken"):
        next(coming)

    endless = ahead(itertools.count())
    assert isinstance(endless, Generator)
    assert next(endless) == 0
    endless.close()  # waits for one item at most
