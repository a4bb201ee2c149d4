"""The sentences of a job's events."""

from dataclasses import dataclass

import pytest

from mtlue.cli.telling.events import tell
from mtlue.errors import param
from mtlue.evaluation.probes.glance import Glance
from mtlue.jobs.events import (
    CellFailed,
    Event,
    FewImages,
    FewTested,
    LearnersPlanned,
    MethodChosen,
    Note,
    Resumed,
    VisibleAtAGlance,
)

PAINT = Glance("paint", "auc", {"mean colours": 1.0, "8x8 thumbnail": 0.75}, 0.5, higher_is_better=True)
SLOPE = Glance("slope", "absolute_error", {"mean colours": 5.0, "8x8 thumbnail": 1.25}, 5.5, higher_is_better=False)


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
        (
            FewImages(60, 500),
            "note: only 60 training images: below 500, protection is doubtful; let mtlue audit measure it before you "
            "publish",
        ),
        (
            FewImages(60, 500, audited=False),
            "note: only 60 training images: below 500, protection is doubtful",
        ),
        (
            FewTested(31, ("hue", "kind"), 3, 20),
            "note: 31 test images: an audit can tell little or nothing of 'hue', 'kind', whatever its budget, as it "
            "needs at least 20 test images in each of two classes; what would help: more photos, or a larger share of "
            "them for testing (--test-fraction) where the data name no split",
        ),
        (
            VisibleAtAGlance((PAINT,), audited=False),
            "note: visible at a glance: paint (auc 1 from the mean colours); a learner may take that up before the "
            "perturbation, so expect little protection here",
        ),
        (
            VisibleAtAGlance((PAINT, SLOPE)),
            "note: visible at a glance: paint (auc 1 from the mean colours), slope (absolute error 1.25 from the 8x8 "
            "thumbnail); a learner may take that up before the perturbation, so expect little protection here, and let "
            "mtlue audit measure it before you publish",
        ),
        (LearnersPlanned(63, 3, 600.0), "63 learners to train, 3 of them done: about 10 min on this machine"),
        (LearnersPlanned(1, 0, None), "1 learner to train"),
        (Resumed("surrogates"), "going on with the surrogates of an earlier run"),
        (Resumed("learners", 4, 21), "going on with 4 of 21 learners of an earlier run"),
        (CellFailed("digits, tap", "it diverged"), "note: failed: digits, tap: it diverged"),
        (Unheard(), ""),
    ],
)
def test_events_have_one_sentence_each(event: Event, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell(event)
    assert capsys.readouterr().err.rstrip("\n") == line


@pytest.mark.parametrize(("images", "advised"), [(None, True), (2001, True), (86, False)])
def test_fewer_images_are_advised_where_there_are_many(
    images: int | None, advised: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    tell(LearnersPlanned(63, 3, 6000.0, images))
    assert ("--limit-train 2000" in capsys.readouterr().err) is advised
