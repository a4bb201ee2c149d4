"""What tests of a release's own check share: records as its learners would leave them, and a quick check."""

from collections.abc import Mapping

import numpy as np
import pytest

from mtlue.evaluation.learner import Learner
from mtlue.evaluation.records import Condition, Record
from mtlue.jobs.checked import SelfCheck
from mtlue.jobs.protection import self_check
from mtlue.training import Recipe

CLEAN, TRIVIAL = 0.9, 0.1


def record(condition: Condition, scores: Mapping[str, float], spread: float = 0.0) -> Record:
    """A learner's record; its bootstrap draws lie evenly within ``spread`` of its scores."""
    draws = np.linspace(-spread, spread, 21)
    return Record(
        dataset="faces",
        condition=condition,
        learner=Learner(tasks=tuple(scores)),
        method=None if condition == "clean" else "tap",
        epsilon=None if condition == "clean" else 8.0,
        metrics={task: {"accuracy": score} for task, score in scores.items()},
        trivial={task: {"accuracy": TRIVIAL} for task in scores},
        directions={task: {"accuracy": True} for task in scores},
        headline=dict.fromkeys(scores, "accuracy"),
        train_images=100,
        test_images=100,
        seconds=2.0,
        replicates={task: [float(value) for value in score + draws] for task, score in scores.items()},
    )


def found(spread: float = 0.0, **recovery: float) -> SelfCheck:
    """What a check says where so much of each task comes back."""
    clean = record("clean", dict.fromkeys(recovery, CLEAN))
    scores = {task: TRIVIAL + share * (CLEAN - TRIVIAL) for task, share in recovery.items()}
    return SelfCheck.of([clean, record("protected", scores, spread)])


def make_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One epoch of learners, and no time for an estimate."""
    monkeypatch.setattr(self_check, "RECIPE", Recipe(epochs=1, min_steps=1))
    monkeypatch.setattr(self_check, "_TIMED", 0.01)
