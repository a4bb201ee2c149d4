"""Durations as people write and read them."""

import pytest

from mtlue import InputError
from mtlue.durations import duration, read_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("20m", 1200), ("1.5h", 5400), ("1h30m", 5400), (" 2H ", 7200), ("1h1m1s", 3661)]
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert read_duration(text, "budget") == seconds


@pytest.mark.parametrize("text", ["", "20", "m", "-5m", "0s", "5 minutes", "1h30", "nan", "5d", "1..5h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"budget .*: give a time above 0 with its unit"):
        read_duration(text, "budget")


def test_durations_are_shown() -> None:
    assert [duration(seconds) for seconds in (4, 99, 720, 12600, 1e6)] == ["4 s", "99 s", "12 min", "3.5 h", "12 days"]
