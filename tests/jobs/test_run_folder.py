"""Cells: each result once, whatever other processes do and whatever fails."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock, Timeout
from msgspec.structs import asdict

from mtlue import InputError
from mtlue.evaluation.records import Record
from mtlue.files import write_json
from mtlue.jobs.learners import results_file
from mtlue.jobs.learners.results_file import Planned, ResultsFile, claim, is_whole, last_planned
from mtlue.jobs.learners.run_folder import CellStore, RunFolder
from mtlue.structured import read_json

KEYS = ["a", "b", "c"]


@pytest.fixture
def cells(tmp_path: Path) -> CellStore[int]:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    return CellStore(folder, lambda path: read_json(path, int, "delete it"), write_json)


def test_what_is_there_is_not_computed_again(cells: CellStore[int]) -> None:
    cells.keep("b", 7)
    assert list(cells.work_through(KEYS, lambda position: position)) == [0, 2]
    assert cells.present(KEYS) == [0, 7, 2]
    again = CellStore(cells.folder, cells._read, cells._write)
    assert list(again.work_through(KEYS, lambda position: 99)) == []
    assert again.present(KEYS) == [0, 7, 2]


def test_what_another_process_works_on_is_waited_for(cells: CellStore[int], monkeypatch: pytest.MonkeyPatch) -> None:
    lock = FileLock(cells.folder.locks / "a.lock")
    lock.acquire()

    def other_process(seconds: float) -> None:
        cells._write(cells.folder.cells / "a.json", 42)
        lock.release()

    monkeypatch.setattr(time, "sleep", other_process)
    assert list(cells.work_through(KEYS, lambda position: position)) == [1, 2, 0]
    assert cells.present(KEYS) == [42, 1, 2]


def test_work_that_needs_what_another_process_makes_comes_last(cells: CellStore[int]) -> None:
    tries: list[int] = []

    def compute(position: int) -> int:
        tries.append(position)
        if position == 0 and len(tries) == 1:
            raise Timeout("shared")
        return position

    assert list(cells.work_through(KEYS, compute)) == [1, 2, 0]


def test_failures_are_raised_or_told(cells: CellStore[int]) -> None:
    def compute(position: int) -> int:
        if position == 1:
            raise InputError("no")
        return position

    told: list[tuple[int, Exception]] = []
    assert list(cells.work_through(KEYS, compute, lambda *failure: told.append(failure))) == [0, 2]
    assert [(position, str(error)) for position, error in told] == [(1, "no")]
    with pytest.raises(InputError, match="no"):
        list(cells.work_through(KEYS, compute))


def test_a_damaged_cell_is_named(cells: CellStore[int]) -> None:
    (cells.folder.cells / "a.json").write_text("{")
    with pytest.raises(InputError, match=r"a\.json is damaged: delete it"):
        cells.result("a")


def test_results_are_written_sparingly_and_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RunFolder(tmp_path)
    written: list[list[Record]] = []
    now = iter(range(100))
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    monkeypatch.setattr(results_file, "write_records", lambda path, records: written.append(list(records)))
    results = ResultsFile(folder, KEYS, lambda: [])

    def interrupted() -> None:
        with results.kept_up():
            for _ in range(6):
                results.update()  # writing takes a second: nothing more for the next twenty
            assert len(written) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(written) == 2
    assert [is_whole(folder, count) for count in (0, 2, 3)] == [False, False, True]
    assert is_whole(RunFolder(tmp_path / "earlier version"), 0)


def test_of_two_evaluations_that_begin_at_once_one_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.create()
    with ThreadPoolExecutor(1) as pool:
        with FileLock(folder.locks / "planned.json.lock"):
            second = pool.submit(claim, folder, "b" * 64)
            time.sleep(0.1)  # without the lock it would have found the folder empty by now, and claimed it
            write_json(folder.planned, asdict(Planned(0, [], "a" * 64)))
        with pytest.raises(InputError, match="holds the evaluation of another release"):
            second.result()
    claim(folder, "a" * 64)
    assert last_planned(folder) == Planned(0, [], "a" * 64)
