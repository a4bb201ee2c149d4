"""Columns of files that are images of the table and no label maps: published, they would be the clean images."""

import filecmp
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from mtlue.data.columns.masks import SAY_MASKS, names_label_maps, resembles
from mtlue.data.columns.rules import ColumnRule, TaskRules
from mtlue.data.files.folders import locate
from mtlue.data.files.labelmaps import LOSSY, read_values
from mtlue.errors import InputError, param
from mtlue.imaging.files import UnreadableImageError
from mtlue.imaging.telltale import Disclosure, disclosure_of, first_disclosing
from mtlue.tasks import DenseTask, Task

K = TypeVar("K")
_COMPARED = 12
"""Rows whose images are compared with the files that a column names."""
_LEAVE_OUT = "a release holds its label maps as they are, so the clean images would be published"


def without_images(
    columns: pd.DataFrame, rules: TaskRules, table: str, root: Path, images: Sequence[str]
) -> tuple[pd.DataFrame, list[str]]:
    """The columns whose files are not images, and notes on the others.

    Args:
        columns: cells as text, None where missing.
        rules: what the user says about some columns.
        table: the table's name in errors.
        root: folder that the files lie in.
        images: paths of the table's images below ``root``.

    Raises:
        InputError: the user asked for a column whose files are images.
    """
    own = _Images(root, images)
    notes, kept = [], columns
    for name, rule in rules.of_columns(list(columns.columns), table).items():
        fault = _fault(columns[rule.column], rule, own)
        if fault and name in rules.rules:
            raise InputError(
                f"column '{rule.column}' of {table} {fault} ({_LEAVE_OUT}): leave it out of {param('tasks')}"
            )
        if fault:
            notes.append(f"column '{name}' {fault}: it is left out")
            kept = kept.drop(columns=name)
    return kept, notes


def refuse_images(labels: pd.DataFrame, tasks: Sequence[Task], table: str, root: Path, images: Sequence[str]) -> None:
    """Refuse tasks that are fitted already and whose label maps would be the images themselves.

    Raises:
        InputError: names the task.
    """
    own = _Images(root, images)
    for task in tasks:
        if isinstance(task, DenseTask) and own.named_by(labels[task.name]):
            raise InputError(f"the column of task '{task.name}' in {table} names the images themselves: {_LEAVE_OUT}")


def _fault(cells: "pd.Series[str]", rule: ColumnRule, own: "_Images") -> str:
    """Why a column of files holds no label maps; "" if nothing speaks against it."""
    if not names_label_maps(cells, rule, own.root):
        return ""
    if own.named_by(cells):
        return "names the images themselves"
    if own.shown_by(cells):
        return "names files that show what the images show, pixel by pixel"
    if rule.kind is None and resembles(cells, own.root, own.files):
        return f"names files of few values, like the images themselves, so that they may be images too ({SAY_MASKS})"
    return ""


class _Images:
    """The images of a table, by path, by place on the disk and by content; looked at when they are first needed."""

    def __init__(self, root: Path, files: Sequence[str]) -> None:
        self.root = root
        self.files = files
        self._heads: dict[int, dict[bytes, list[Path]]] = {}

    def named_by(self, cells: "pd.Series[str]") -> bool:
        """Whether any cell names an image of the table, by whatever path, or a copy of one."""
        paths = [self.root / path for cell in set(cells.dropna()) if (path := locate(self.root, cell)[0])]
        return any(_identity(path) in self._identities for path in paths) or any(map(self._is_copy, paths))

    def shown_by(self, cells: "pd.Series[str]") -> bool:
        """Whether files tell the images of their rows: copies in another format, or of one of their colours."""
        rows = [(self.root / file, cell) for file, cell in zip(self.files, cells, strict=True) if not pd.isna(cell)]
        sample = rows[:: max(1, len(rows) // _COMPARED)][:_COMPARED]
        pairs = [(image, self.root / path) for image, cell in sample if (path := locate(self.root, cell)[0])]
        return first_disclosing([_disclosure(image, label) for image, label in pairs]) is not None

    @cached_property
    def _identities(self) -> set[object]:
        return {_identity(path) for path in self._paths}

    @cached_property
    def _by_size(self) -> dict[int, list[Path]]:
        return _grouped(self._paths, lambda path: path.stat().st_size)

    @property
    def _paths(self) -> Iterator[Path]:
        return (path for file in self.files if (path := self.root / file).is_file())

    def _is_copy(self, path: Path) -> bool:
        """Whether a file holds an image of the table, byte for byte; blank ones may be alike by chance."""
        size = path.stat().st_size
        if size not in self._by_size:
            return False
        if size not in self._heads:
            self._heads[size] = _grouped(self._by_size[size], _head)
        same = self._heads[size].get(_head(path), [])
        return any(filecmp.cmp(path, image, shallow=False) for image in same) and not _is_blank(path)


def _grouped(paths: Iterable[Path], key: Callable[[Path], K]) -> dict[K, list[Path]]:
    groups: defaultdict[K, list[Path]] = defaultdict(list)
    for path in paths:
        groups[key(path)].append(path)
    return groups


def _identity(path: Path) -> object:
    """The same for every path, link or hard link to a file."""
    state = path.stat()
    return (state.st_dev, state.st_ino) if state.st_ino else path.resolve()


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4096)


def _disclosure(image: Path, label: Path) -> Disclosure:
    """What a file tells of an image, at their own size."""
    if label.suffix.lower() in LOSSY:  # refused as a mask, and said so
        return Disclosure.NOTHING
    try:
        pixels, values = read_values(image, colour=True), read_values(label, colour=False)
    except UnreadableImageError:
        return Disclosure.NOTHING
    sizes_differ = pixels.ndim < 2 or pixels.shape[:2] != values.shape[:2]
    if sizes_differ or pixels.size == 0 or {pixels.dtype.kind, values.dtype.kind} - {*"buif"}:
        return Disclosure.NOTHING
    planes = pixels.reshape(*pixels.shape[:2], -1).transpose(2, 0, 1)
    return disclosure_of(planes, values, classes=values.ndim == 2 and values.dtype in (np.bool_, np.uint8))


def _is_blank(path: Path) -> bool:
    try:
        values = read_values(path, colour=False)
    except UnreadableImageError:
        return False
    return len(np.unique(values)) < 2
