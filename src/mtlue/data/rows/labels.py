"""Columns of settled rows to tasks and labels. Imports no torch."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from mtlue.data.columns.discovery import Discovery
from mtlue.data.columns.masks import names_label_maps
from mtlue.data.columns.own_images import refuse_images, without_images
from mtlue.data.columns.rules import RESERVED, TaskRules
from mtlue.data.columns.written import columns_as_meant, tasks_as_meant
from mtlue.data.files.folders import locate
from mtlue.data.listing import LabelFiles, Skipped
from mtlue.data.rows.elsewhere import note_on_other_readers
from mtlue.data.rows.rows import FILE, ROW, Rows
from mtlue.data.rows.settling import SettledRows
from mtlue.data.rows.vanished import vanished_classes
from mtlue.errors import InputError
from mtlue.faults import Faults, explained, told_first
from mtlue.tasks import DenseTask, ImageTask, Task, UnknownLabelError, image_tasks
from mtlue.wording import counted


@dataclass(frozen=True)
class ReadLabels:
    """The tasks of rows and their labels.

    Attributes:
        tasks: in the columns' order.
        labels: task -> labels, [N, ...], or the files of a dense task's.
        texts: task -> what the owner wrote, for tasks of numbers.
        lost: rows whose label file cannot be used.
        notes: what the owner should know.
    """

    tasks: tuple[Task, ...]
    labels: Mapping[str, NDArray[Any] | LabelFiles]
    texts: Mapping[str, Sequence[str | None]]
    lost: Mapping[int, Skipped]
    notes: Sequence[str]


def read_row_labels(settled: SettledRows, tasks: Sequence[Task] | None) -> ReadLabels:
    """The labels of rows. Tasks are found from the columns unless ``tasks`` fixes them (none: no label is read).

    Raises:
        InputError: a column holds no task that was asked for, or a label cannot be read; names file and row.
    """
    with told_first(settled.rows.losses):
        return _read_labels(settled, tasks)


def _read_labels(settled: SettledRows, tasks: Sequence[Task] | None) -> ReadLabels:
    rows = settled.rows
    discovery = _discover(settled) if tasks is None else _columns_of(settled, tasks)
    if tasks is not None:
        refuse_images(discovery.columns, tasks, rows.name, rows.root, rows.files)
    labels: dict[str, NDArray[Any] | LabelFiles] = {}
    lost: dict[int, Skipped] = {}
    faults = Faults()
    for task in discovery.tasks:
        cells = discovery.columns[task.name]
        if isinstance(task, DenseTask):
            labels[task.name], unusable = _label_files(rows, cells, task)
            lost |= unusable
        else:
            with faults.gathered():
                labels[task.name] = _parse(rows, cells, task)
    faults.check()
    verbatim = [task.name for task in discovery.tasks if isinstance(task, ImageTask) and task.verbatim]
    texts = {name: _texts(discovery.columns[name]) for name in verbatim}
    notes = [*vanished_classes(settled, discovery.tasks), *discovery.notes, *_shared_notes(labels)]
    return ReadLabels(discovery.tasks, labels, texts, lost, notes)


def check_labels(settled: SettledRows, tasks: Sequence[Task] | None) -> tuple[str, ...]:
    """Find what is wrong with labels that are cells; label maps are left to :func:`read_row_labels`, which opens them.

    Returns:
        The names of all tasks, those of label maps among them.

    Raises:
        InputError: as :func:`read_row_labels`.
    """
    with told_first(settled.rows.losses):
        return _checked_labels(settled, tasks)


def _checked_labels(settled: SettledRows, tasks: Sequence[Task] | None) -> tuple[str, ...]:
    maps = _label_maps(settled) if tasks is None else []
    discovery = _discover_cells(settled, maps) if tasks is None else _columns_of(settled, tasks)
    faults = Faults()
    for task in discovery.tasks:
        if not isinstance(task, DenseTask):
            with faults.gathered():
                _parse(settled.rows, discovery.columns[task.name], task)
    faults.check()
    return (*maps, *(task.name for task in discovery.tasks))


def _label_maps(settled: SettledRows) -> list[str]:
    """The tasks whose labels are files."""
    rows, columns = settled.rows, settled.columns
    rules = settled.rules.of_columns(list(columns.columns), rows.name)
    return [name for name, rule in rules.items() if names_label_maps(columns[rule.column], rule, rows.root)]


def _discover_cells(settled: SettledRows, maps: Sequence[str]) -> Discovery:
    """The tasks whose labels are cells, not files as those of ``maps``."""
    rows, columns = settled.rows, settled.columns
    rules = settled.rules.of_columns(list(columns.columns), rows.name)
    if maps and rules.keys() == {*maps}:
        return Discovery((), columns, ())
    columns = columns.drop(columns={rules[name].column for name in maps})
    return _tasks_of(columns, settled.rules.without(maps), rows, (), required=not maps)


def _columns_of(settled: SettledRows, tasks: Sequence[Task]) -> Discovery:
    """The columns of tasks that are fitted already."""
    rows = settled.rows
    columns = columns_as_meant(settled.columns, tasks, settled.rules, rows.name, rows.separator)
    return Discovery(tuple(tasks), columns, ())


def _discover(settled: SettledRows) -> Discovery:
    """The tasks that the columns hold."""
    rows, rules = settled.rows, settled.rules
    columns, left_out = without_images(settled.columns, rules, rows.name, rows.root, rows.files)
    discovery = _tasks_of(columns, rules, rows, left_out)
    reserved = _reserved_notes(columns, rules)
    notes = (*left_out, *discovery.notes, *reserved, *note_on_other_readers(discovery.tasks))
    return replace(discovery, notes=notes)


def _tasks_of(
    columns: pd.DataFrame, rules: TaskRules, rows: Rows, left_out: Sequence[str], required: bool = True
) -> Discovery:
    """The tasks of columns; an error also says what was noted on the way, which may be why."""
    try:
        return tasks_as_meant(columns, rules, rows.name, rows.separator, rows.root, rows.classes, required=required)
    except InputError as error:
        raise explained(error, [*left_out, *rows.notes, *_reserved_notes(columns, rules)]) from error


def _reserved_notes(columns: pd.DataFrame, rules: TaskRules) -> list[str]:
    """Columns whose names a release's own table uses, that are labels here and have not been renamed."""
    used = {rule.column for rule in rules.rules.values()} | rules.dropped
    left_out = [name for name in RESERVED if name in columns.columns and name not in used and rules.others]
    return [
        f"column '{name}' is not protected, because a release's table uses that name itself: rename it in a tasks file "
        f"('{name}_label: {{column: {name}}}') if it holds labels"
        for name in left_out
    ]


def _label_files(rows: Rows, cells: "pd.Series[str]", task: DenseTask) -> tuple[LabelFiles, dict[int, Skipped]]:
    """The files of a dense task's labels; and the rows whose file cannot be used."""
    paths: list[str | None] = []
    lost = {}
    for row, cell in enumerate(cells):
        path, reason = (None, "") if pd.isna(cell) else locate(rows.root, cell)
        if reason:
            lost[row] = Skipped(rows.frame[FILE][row], f"its label for '{task.name}', {cell}: {reason}")
        paths.append(path)
    return LabelFiles(paths), lost


def _shared_notes(labels: Mapping[str, NDArray[Any] | LabelFiles]) -> list[str]:
    """Masks that several images name: likely a slip, as a mask is drawn over one image."""
    notes = []
    for task, files in labels.items():
        counts = Counter(file for file in files.files if file) if isinstance(files, LabelFiles) else Counter[str]()
        shared = [file for file, count in counts.items() if count > 1]
        if shared:
            notes.append(
                f"task '{task}': {counted(len(shared), 'label file belongs', 'label files belong')} "
                f"to several images, such as {shared[0]} ({counts[shared[0]]} images): is that intended?"
            )
    return notes


def _parse(rows: Rows, cells: "pd.Series[str]", task: Task) -> NDArray[Any]:
    (image_task,) = image_tasks([task], rows.name)
    try:
        return image_task.parse(_texts(cells))
    except UnknownLabelError as error:
        file, row = (rows.frame[name][error.position] for name in (FILE, ROW))
        raise InputError(
            f"{file}: {error.text}: correct it ({row}), leave the cell empty if the label is missing, or fit again "
            "with it"
        ) from error


def _texts(cells: "pd.Series[str]") -> list[str | None]:
    return [cell if isinstance(cell, str) else None for cell in cells.tolist()]
