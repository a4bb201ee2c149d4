"""Progress where nobody looks at a terminal: lines in a file."""

import io
import re
import threading
import time
from collections.abc import Iterator

import pytest

from mtlue.cli import console
from mtlue.cli.console import Bars, logged


def lines_of(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], steps: int, seconds: float) -> str:
    """What is written of steps that take so many seconds each."""
    now = 0.0

    def clock() -> float:
        return now

    monkeypatch.setattr(time, "monotonic", clock)
    for _ in logged(range(steps), "reading images", steps):
        now += seconds
    return capsys.readouterr().err


def test_short_work_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of(monkeypatch, capsys, 5, 1.0) == "reading images: done\n"


def test_long_work_says_now_and_then_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = lines_of(monkeypatch, capsys, 3600, 1.0).splitlines()
    assert lines[0] == "reading images: 10 of 3600, about 60 min left"
    assert lines[-1] == "reading images: done"
    assert lines[-2].startswith("reading images: 33")
    assert len(lines) == 16  # after 10, 30, 70, 150, 310 and 610 s, then every 5 minutes


def test_work_without_a_known_end_says_what_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(time, "monotonic", iter([0.0, 12.0, 13.0]).__next__)
    assert list(logged([1, 2], "reading", None)) == [1, 2]
    assert capsys.readouterr().err == "reading: 1 in 12 s\nreading: done\n"


def test_steps_that_say_nothing_of_the_others_have_the_time_that_they_took(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(time, "monotonic", iter([0.0, 12.0, 13.0]).__next__)
    assert list(logged([1, 2], "training learners", 2, time_left=False)) == [1, 2]
    assert capsys.readouterr().err == "training learners: 1 of 2 in 12 s\ntraining learners: done\n"


@pytest.mark.parametrize(("time_left", "times"), [(True, 2), (False, 1)])
def test_a_bar_says_what_is_left_where_its_steps_tell(
    monkeypatch: pytest.MonkeyPatch, time_left: bool, times: int
) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(console, "err", console.Console(file=shown, force_terminal=True, width=100))
    assert list(Bars().track([1, 2], "training learners", 2, time_left)) == [1, 2]
    last = shown.getvalue().rpartition("2/2")[2]
    assert len(re.findall(r"\d:\d\d:\d\d", last)) == times  # what it took, and what is left


def test_a_step_that_takes_long_gives_signs_of_life(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "_SILENCE", 0.02)

    def steps() -> Iterator[int]:
        time.sleep(0.1)
        yield 1
        yield 2

    assert list(logged(steps(), "training learners", 2)) == [1, 2]
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "training learners: still at 0 of 2"
    assert lines[-1] == "training learners: done"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("mtlue progress")]
