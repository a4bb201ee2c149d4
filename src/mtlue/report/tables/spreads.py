"""Spreads of features inside classes as tables for the terminal."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from mtlue.evaluation.probes.features import LearnerSpreads, mean_and_largest
from mtlue.report.tables.cells import Spread
from mtlue.visible import visible

TASKS_PER_TABLE = 4
SPREAD_CAPTION = (
    "Standard deviation of a learner's features inside a class of its own training images, over that of all of them: "
    "mean and largest over a task's classes{seeds}. Low: the images of a class look alike to it."
)


def render_spreads(learners: Sequence[LearnerSpreads]) -> Iterator[Table]:
    """One row per kind of training images, two columns per task; several tables where there are many tasks."""
    several = len({learner.seed for learner in learners}) > 1
    caption = SPREAD_CAPTION.format(seeds=", mean ± std over seeds" if several else "")
    tasks = list(dict.fromkeys(spread.task for learner in learners for spread in learner.classes))
    for start in range(0, len(tasks), TASKS_PER_TABLE):
        end = start + TASKS_PER_TABLE
        yield _table(learners, tasks[start:end], caption if end >= len(tasks) else None)


def _table(learners: Sequence[LearnerSpreads], tasks: Sequence[str], caption: str | None) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), caption=caption, caption_justify="left")
    table.add_column("training images")
    for task in tasks:
        table.add_column(Text(f"{visible(task)}\nmean"), justify="right", no_wrap=True)
        table.add_column(Text("\nlargest"), justify="right", no_wrap=True)
    for images in dict.fromkeys(learner.images for learner in learners):
        of_images = [learner for learner in learners if learner.images == images]
        table.add_row(Text(visible(images)), *(text for task in tasks for text in _texts(of_images, task)))
    return table


def _texts(learners: Sequence[LearnerSpreads], task: str) -> Iterator[str]:
    """Mean and largest spread of a task's classes, each over seeds."""
    spreads = [mean_and_largest(learner.classes, task) for learner in learners]
    for values in zip(*spreads, strict=True):
        yield Spread.of(values).text(len(learners))
