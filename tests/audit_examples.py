"""Records of an audit as learners would leave them, made up."""

from collections.abc import Mapping

from mtlue.evaluation.learner import Learner
from mtlue.evaluation.records import Condition, Record

CLEAN, TRIVIAL = 0.9, 0.1
"""Accuracy of clean learners, and of the best predictor that never looks."""


def record(
    attack: str, condition: Condition, accuracy: float | Mapping[str, float], seed: int = 0, **changes: object
) -> Record:
    """A multi-task learner's record; one accuracy for each task (``age`` where none is named)."""
    scores = accuracy if isinstance(accuracy, Mapping) else {"age": accuracy}
    values: dict[str, object] = {
        "dataset": "faces",
        "condition": condition,
        "learner": Learner(tasks=tuple(scores), seed=seed),
        "method": None if condition in ("clean", "own") else "tap",
        "epsilon": None if condition in ("clean", "own") else 8.0,
        "metrics": {task: {"accuracy": score} for task, score in scores.items()},
        "trivial": {task: {"accuracy": TRIVIAL} for task in scores},
        "directions": {task: {"accuracy": True} for task in scores},
        "headline": dict.fromkeys(scores, "accuracy"),
        "train_images": 100,
        "test_images": 100,
        "seconds": 2.0,
        "attack": attack,
    }
    return Record(**{**values, **changes})  # type: ignore[arg-type]


def both(attack: str, recovery: float, seed: int = 0, control: float | None = None, **changes: object) -> list[Record]:
    """A clean learner, one that gets back ``recovery``, and one of the attacker's own images that gets ``control``."""
    made = [record(attack, "clean", CLEAN, seed), record(attack, "protected", _score(recovery), seed, **changes)]
    return made if control is None else [*made, record(attack, "own", _score(control), seed)]


def _score(recovery: float) -> float:
    return TRIVIAL + recovery * (CLEAN - TRIVIAL)
