"""What an audit does without, to keep to its budget. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mtlue.durations import duration

Yielding = Literal["single-task learners", "epochs"]
YIELDING: tuple[Yielding, ...] = ("single-task learners", "epochs")
SHARES = (1 / 2, 1 / 3, 1 / 4, 1 / 6)
"""Of every learner's epochs and least steps, in turn; the last is 2 epochs of 12, or 50 steps of few images.

After 3 epochs clean learners of the digits reach 0.6, after 12 0.85; 50 steps tell 31 photos of two kinds apart."""


@dataclass(frozen=True)
class Concession:
    """What an audit does without.

    Attributes:
        tasks: how many the images have.
        stl_tasks: those that get a learner of their own nevertheless, where any does; None where that is as asked.
        share: of the epochs and least steps of every learner, above 0, up to 1.
        epochs, asked_epochs: of the usual learner on these images: with and without the concession.
        whole: seconds from which on nothing would have been given up, as far as was known when this was chosen.
    """

    tasks: int
    stl_tasks: tuple[str, ...] | None = None
    share: float = 1.0
    epochs: int = 0
    asked_epochs: int = 0
    whole: float = 0.0

    @property
    def what(self) -> tuple[tuple[str, ...] | None, float]:
        """What decides which learners are trained."""
        return self.stl_tasks, self.share

    @property
    def text(self) -> str:
        """What was chosen, what that means, and how to have it otherwise."""
        chosen = " and ".join(part for part in (self._settings, self._epochs) if part)
        otherwise = f"a budget of about {duration(self.whole)} needs none of that"
        return f"to keep to the budget: {chosen}; {self._meaning}; {otherwise}"

    @property
    def _settings(self) -> str:
        if self.stl_tasks is None:
            return ""
        if self.stl_tasks:
            return f"learners of one task for {', '.join(map(repr, self.stl_tasks))} alone, beside those of all tasks"
        return "one learner instead of two alike" if self.tasks == 1 else "multi-task learners alone"

    @property
    def _epochs(self) -> str:
        return "" if self.share == 1 else f"{self.epochs} epochs instead of {self.asked_epochs}"

    @property
    def _meaning(self) -> str:
        if self.share < 1:
            return (
                "short learners learn less of clean and of released images alike, so someone patient may get back more "
                "than this says"
            )
        if self.tasks == 1:
            return "with one task, a learner of all tasks and one of that task differ in random numbers alone"
        return "someone who trains for another task alone is not tried"
