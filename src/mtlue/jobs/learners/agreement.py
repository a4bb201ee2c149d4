"""Whether a dataset is read as it was when its release was made: learners of other labels would prove nothing."""

from collections.abc import Collection, Sequence

import pandas as pd
import torch
from torch import Tensor

from mtlue.data.columns.known import refuse_other_meaning
from mtlue.data.columns.rules import RESERVED
from mtlue.data.columns.rules_file import read_rules
from mtlue.data.dataset import ArrayDataset
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, param
from mtlue.jobs.requests.fitted import fitted_tasks, tasks_as_coded
from mtlue.tables.cells import shown_cell
from mtlue.tasks import ImageTask, Task, UnknownLabelError

__all__ = ["fitted_tasks", "refuse_other_labels", "refuse_other_tasks"]

REMEDY = f"give the tasks file ({param('tasks')}) that you gave to protect, or the tasks.yaml of restored images"


def refuse_other_tasks(
    data: DataOptions, tasks: Sequence[Task], released: Collection[str], fitted: Sequence[Task]
) -> None:
    """Tasks have to mean what they meant to the method.

    Args:
        data: how the dataset was read.
        tasks: of the dataset.
        released: columns of the release's table, and the tasks that it leaves out.
        fitted: what the method was fitted on, as far as the private folder says.

    Raises:
        InputError: a tasks file or the cells say another thing; or a released task is not among ``tasks`` although no
            ``data.tasks`` leaves it out.
    """
    refuse_other_meaning(tasks_as_coded(data, fitted), read_rules(data.tasks).rules)
    own = {task.name: task for task in tasks}
    for task in fitted:
        if task.name in own and _contradict(own[task.name], task):
            raise InputError(
                f"task '{task.name}' is {_shown(own[task.name])} here, but {_shown(task)} in the fitted "
                f"method: {REMEDY}"
            )
    lost = sorted({*released} - {*RESERVED} - own.keys())
    if lost and data.tasks is None:
        raise InputError(
            f"the release has a task '{lost[0]}', but dataset '{data.dataset}', as it is read here, does not (it has "
            f"{', '.join(own)}): {REMEDY}"
        )


def refuse_other_labels(data: DataOptions, clean: ArrayDataset, table: pd.DataFrame) -> None:
    """Released images have to carry the labels that their release says; label maps are not compared.

    Args:
        data: how the dataset was read.
        clean: images and labels of the dataset.
        table: the release's ``metadata.csv``. Images and tasks that only one side has are passed over.

    Raises:
        InputError: names the first image that carries another label, with both labels.
    """
    positions = {identifier: i for i, identifier in enumerate(clean.ids)}
    shared = table[table["id"].isin(positions)]
    rows = torch.tensor([positions[identifier] for identifier in shared["id"]], dtype=torch.int64)
    for task in clean.tasks:
        if isinstance(task, ImageTask) and task.name in shared.columns:
            released = shared[task.name].tolist()
            labels = clean.labels[task.name][rows]
            differs = _first_difference(task, labels, released)
            if differs is not None:
                here = task.format(labels[differs])
                raise InputError(
                    f"image '{shared['id'].iloc[differs]}' has the label {_label(here)} for task '{task.name}' in "
                    f"dataset '{data.dataset}', and {_label(released[differs])} in the release: give the labels that "
                    f"were protected, and the tasks file ({param('tasks')}) that you gave to protect; or protect again"
                )


def _first_difference(task: ImageTask, labels: Tensor, released: Sequence[str]) -> int | None:
    """The first place at which labels are not what a release's cells mean; None where all agree."""
    try:
        meant = torch.from_numpy(task.parse([text or None for text in released])).to(labels.dtype)
    except UnknownLabelError as error:
        earlier = _first_difference(task, labels[: error.position], released[: error.position])
        return error.position if earlier is None else earlier
    same = (meant == labels) | (task.missing(meant) & task.missing(labels))
    different = (~same.reshape(len(labels), -1).all(1)).nonzero()
    return int(different[0]) if len(different) else None


def _label(text: str) -> str:
    return f"'{shown_cell(text)}'" if text else "'' (missing)"


def _contradict(task: Task, fitted: Task) -> bool:
    """Other kinds, or classes that only partly agree: a dataset may have gained some since, or lost some."""
    ours, theirs = (frozenset(getattr(one, "classes", ())) for one in (task, fitted))
    return task.kind != fitted.kind or not (ours <= theirs or theirs <= ours)


def _shown(task: Task) -> str:
    return f"{task.kind} ({task.describe()})"
