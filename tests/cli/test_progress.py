"""Progress where nobody looks at a terminal: lines in a file."""

import io
import re
import threading
from collections.abc import Iterator, Sequence

import pytest

from mtlue.cli.terminal import console
from mtlue.cli.terminal.console import Bars, logged


class Clock(threading.Event):
    """Time that passes where a test says so, and not before whoever waits for it has done what is due."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self._due = 0.0
        self._changed = threading.Condition()

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        with self._changed:
            self._due = self.now + timeout
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.is_set() or self.now >= self._due)
            return self.is_set()

    def set(self) -> None:
        with self._changed:
            super().set()
            self._changed.notify_all()

    def pass_by(self, seconds: float) -> None:
        end = self.now + seconds
        with self._changed:
            self._changed.wait_for(lambda: self._due > self.now)
            while self._due <= end:
                self.now = self._due
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._due > self.now)
            self.now = end


def lines_of(
    capsys: pytest.CaptureFixture[str], seconds: Sequence[float], total: int | None, time_left: bool = True
) -> list[str]:
    """What is written of steps that take so many seconds each."""
    clock = Clock()

    def steps() -> Iterator[int]:
        for step, one in enumerate(seconds):
            clock.pass_by(one)
            yield step

    told = logged(steps(), "reading images", total, time_left, lambda: clock.now, clock)
    assert list(told) == [*range(len(seconds))]
    assert not threads()
    return capsys.readouterr().err.splitlines()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("mtlue progress")]


def test_short_work_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of(capsys, [1.0] * 5, 5) == ["reading images: done"]


def test_long_work_says_every_half_minute_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of(capsys, [2.5] * 30, 30) == [
        "reading images: 3 of 30, about 65 s left",
        "reading images: 15 of 30, about 35 s left",
        "reading images: 27 of 30, about 5 s left",
        "reading images: done",
    ]


def test_a_step_that_takes_long_says_where_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of(capsys, [45.0, 75.0, 5.0], 3) == [
        "reading images: 0 of 3 in 10 s",
        "reading images: 0 of 3 in 40 s",
        "reading images: 1 of 3, about 65 s left",
        "reading images: 1 of 3, about 50 s left",  # the second takes longer: so may the third
        "reading images: done",
    ]


def test_the_last_step_is_never_said_to_end_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of(capsys, [5.0, 100.0], 2)[:2] == ["reading images: 1 of 2 in 10 s", "reading images: 1 of 2 in 40 s"]


def test_work_without_a_known_end_says_what_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert lines_of(capsys, [12.0, 30.0], None)[:2] == ["reading images: 0 in 10 s", "reading images: 1 in 40 s"]


def test_steps_that_say_nothing_of_the_others_have_the_time_that_they_took(capsys: pytest.CaptureFixture[str]) -> None:
    lines = lines_of(capsys, [12.0, 30.0], 2, time_left=False)
    assert lines[:2] == ["reading images: 0 of 2 in 10 s", "reading images: 1 of 2 in 40 s"]


@pytest.mark.parametrize("how", ["failed", "left"])
def test_work_that_ends_early_says_no_more(how: str, capsys: pytest.CaptureFixture[str]) -> None:
    def steps() -> Iterator[int]:
        yield 1
        raise OSError

    told = logged(steps(), "reading images", 2)
    next(told)
    assert threads()
    if how == "left":
        del told
    else:
        with pytest.raises(OSError):  # noqa: PT011 (it has no text)
            next(told)
    assert not threads()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("time_left", "times"), [(True, 2), (False, 1)])
def test_a_bar_says_what_is_left_where_its_steps_tell(
    monkeypatch: pytest.MonkeyPatch, time_left: bool, times: int
) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(console, "err", console.Console(file=shown, force_terminal=True, width=100))
    assert list(Bars().track([1, 2], "training learners", 2, time_left)) == [1, 2]
    last = shown.getvalue().rpartition("2/2")[2]
    assert len(re.findall(r"\d:\d\d:\d\d", last)) == times  # what it took, and what is left
