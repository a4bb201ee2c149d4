"""Stages share out the time that passes: each second is counted once."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtlue import Runtime
from mtlue.profiling import OTHER, STAGES, Profile


class Clock:
    """Says what it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_stage_inside_another_stops_its_clock() -> None:
    clock = Clock()
    profile = Profile(clock=clock)
    clock.now = 1
    with profile.stage("export"):
        clock.now = 3
        with profile.stage("verify"):
            clock.now = 7
        clock.now = 8
    clock.now = 9
    assert {name: spent for name, spent in profile.seconds().items() if spent} == {"export": 3, "verify": 4, OTHER: 2}


@given(st.lists(st.tuples(st.sampled_from([*STAGES, None]), st.integers(0, 1000))))
def test_stages_add_up_however_they_are_nested(events: list[tuple[str | None, int]]) -> None:
    """Each event lets time pass, then enters a stage, or leaves the innermost one (None)."""
    clock, opened = Clock(), []
    profile = Profile(clock=clock)
    for name, passed in events:
        clock.now += passed
        if name is not None:
            opened.append(profile.stage(name))
            opened[-1].__enter__()
        elif opened:
            opened.pop().__exit__(None, None, None)
    assert list(profile.seconds()) == [*STAGES, OTHER]
    assert sum(profile.seconds().values()) == clock.now


def test_a_stage_ends_with_an_error_inside_it() -> None:
    clock = Clock()
    profile = Profile(clock=clock)

    def fail() -> None:
        clock.now = 2
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), profile.stage("export"):
        fail()
    clock.now = 5
    assert profile.seconds()["export"] == 2
    assert profile.seconds()[OTHER] == 3


def test_the_device_is_waited_for_before_the_clock_is_read() -> None:
    clock = Clock()

    def settle() -> None:
        clock.now += 1

    profile = Profile(settle, clock)
    with profile.stage("augment"):
        pass
    assert profile.seconds()["augment"] == 1


def test_making_steps_is_counted_and_using_them_is_not() -> None:
    clock = Clock()
    profile = Profile(clock=clock)
    runtime = Runtime("cpu", profile=profile)

    def steps() -> Iterator[int]:
        for number in range(3):
            clock.now += 10
            yield number

    for _ in runtime.staged("decode", steps()):
        clock.now += 1
    assert profile.seconds()["decode"] == 30
    assert profile.seconds()[OTHER] == 3


def test_a_runtime_that_is_not_profiled_counts_nothing() -> None:
    runtime = Runtime("cpu")
    with runtime.stage("export"):
        assert list(runtime.staged("decode", [None, 1])) == [None, 1]
    assert runtime.profile is None
