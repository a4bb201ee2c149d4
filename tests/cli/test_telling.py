"""The sentences of a job's events."""

from dataclasses import dataclass

import pytest

from mtlue.cli.telling import tell
from mtlue.errors import param
from mtlue.jobs.events import CellFailed, Event, MethodChosen, Note, Resumed


@dataclass(frozen=True)
class Unheard(Event):
    """An event that has no sentence."""


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Note(f"leave {param('fit_limit')} out"), "note: leave --fit-limit out"),
        (
            MethodChosen("joint-code"),
            "method: joint-code, made for labels per pixel (--method tap uses the generator instead)",
        ),
        (Resumed("surrogates"), "resuming the interrupted run with its surrogates"),
        (Resumed("learners", 4, 21), "resuming the interrupted run with its 4 of 21 learners"),
        (CellFailed("digits, tap", "it diverged"), "note: failed: digits, tap: it diverged"),
        (Unheard(), ""),
    ],
)
def test_events_have_one_sentence_each(event: Event, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell(event)
    assert capsys.readouterr().err.rstrip("\n") == line
