"""Kinds of task. Adding one: a file beside these and a row in ``KINDS``."""

from typing import Any

from mtlue.tasks.base import Scores, Task, UnknownLabelError
from mtlue.tasks.categorical import Categorical
from mtlue.tasks.regression import Regression

KINDS: dict[str, type[Task]] = {kind.kind: kind for kind in (Categorical, Regression)}

__all__ = ["KINDS", "Categorical", "Regression", "Scores", "Task", "UnknownLabelError", "task_from_json"]


def task_from_json(description: dict[str, Any]) -> Task:
    """Build the task that :meth:`Task.to_json` described."""
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in description.items()}
    return KINDS[fields.pop("kind")](**fields)
