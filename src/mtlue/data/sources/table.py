"""Any folder of images with a table of labels (CSV, TSV, Parquet, JSONL): one row an image, one column a task."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from torch import Tensor

from mtlue.data.folders import find_files, hashed_split, inner_path, require_folder
from mtlue.data.images import SUFFIXES
from mtlue.data.listing import TEST, TRAIN, Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.tables import find_table, read_labels
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.tasks import Categorical, Task, UnknownLabelError

IMAGE_COLUMNS = ("file_name", "filename", "file", "image", "image_path", "path", "img", "image_id", "name")
ID_COLUMN = "id"
SPLIT_COLUMN = "split"
RESERVED = ("file_name", "id", "split")
"""Columns of a release's own table: no task may be called so."""
SPLIT_NAMES = {"train": TRAIN, "training": TRAIN, "test": TEST, "testing": TEST}

_MOST_NUMBER_CLASSES = 50
_MOST_TEXT_CLASSES = 1000
_SEARCHED_ROWS = 200


def read_table(options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The source ``table``. Classes are found from the data unless ``tasks`` fixes them."""
    root = require_folder(options)
    table = find_table(root, options.labels)
    frame = read_labels(table)
    frame[_GIVEN_SPLIT] = None
    if options.test_labels is not None:
        held_out = read_labels(options.test_labels)
        held_out[_GIVEN_SPLIT] = TEST
        frame[_GIVEN_SPLIT] = TRAIN
        frame = pd.concat([frame, held_out], ignore_index=True)
    return _Reading(root, table, frame, options).listing(tasks)


_GIVEN_SPLIT = "\0split"
"""Column of our own: the split that a row's table implies."""


@dataclass
class _Columns:
    image: str
    id: str | None
    split: str | None


class _Reading:
    """One table being read."""

    def __init__(self, root: Path, table: Path, frame: pd.DataFrame, options: DataOptions) -> None:
        self._root = root
        self._table = table
        self._frame = frame
        self._options = options
        self._skipped: list[Skipped] = []
        self._notes: list[str] = []
        if frame.empty:
            raise InputError(f"{table} has no rows: there is nothing to read")
        self._columns = _Columns(
            image=self._image_column(),
            id=self._optional(options.id_column, ID_COLUMN, "--id_column"),
            split=self._optional(options.split_column, SPLIT_COLUMN, "--split_column"),
        )

    def listing(self, tasks: Sequence[Task] | None) -> Listing:
        self._drop_unusable_rows()
        found = tuple(tasks) if tasks is not None else self._find_tasks()
        labels = {task.name: self._labels(task) for task in found}
        frame, columns = self._frame, self._columns
        ids = frame[columns.id] if columns.id else frame[columns.image]
        self._check_ids(ids)
        splits = self._splits(ids)
        return Listing(
            tasks=found,
            ids=list(ids),
            files=list(frame[columns.image]),
            splits=splits,
            labels=labels,
            pipeline=Pipeline(),
            root=self._root,
            skipped=self._skipped,
            notes=self._notes,
        )

    def _image_column(self) -> str:
        chosen = self._options.image_column
        if chosen is not None:
            return self._existing(chosen, "--image_column")
        for name in IMAGE_COLUMNS:
            if name in self._frame.columns:
                return name
        for name in self._frame.columns:
            values = self._frame[name].dropna().head(_SEARCHED_ROWS)
            if any(Path(str(value)).suffix.lower() in SUFFIXES for value in values):
                return str(name)
        raise InputError(
            f"no column of {self._table} names image files (columns: {self._column_names()}): "
            "say which one with --image_column"
        )

    def _optional(self, chosen: str | None, usual: str, flag: str) -> str | None:
        if chosen is not None:
            return self._existing(chosen, flag)
        return usual if usual in self._frame.columns else None

    def _existing(self, column: str, flag: str) -> str:
        if column not in self._frame.columns:
            raise InputError(f"{flag} '{column}' is not a column of {self._table} (columns: {self._column_names()})")
        return column

    def _column_names(self) -> str:
        return ", ".join(str(name) for name in self._frame.columns if name != _GIVEN_SPLIT)

    def _drop_unusable_rows(self) -> None:
        """Keep rows whose file lies inside the folder and exists; count files that no row names."""
        column = self._columns.image
        keep, paths = [], []
        for row, value in enumerate(self._frame[column]):
            path, reason = self._locate(value)
            if path is None:
                self._skipped.append(Skipped(f"row {row + 1} of {self._table.name} ({value or 'no file'})", reason))
            else:
                keep.append(row)
                paths.append(path)
        self._frame = self._frame.iloc[keep].reset_index(drop=True)
        self._frame[column] = paths
        if not keep:
            first = self._skipped[0]
            raise InputError(f"no row of {self._table} has a usable image ({first.name}: {first.reason})")
        unnamed = sorted(set(find_files(self._root)) - set(paths))
        if unnamed:
            self._notes.append(
                f"{len(unnamed)} image file(s) in {self._root} have no row in {self._table.name} and are left out "
                f"(the first: {unnamed[0]})"
            )

    def _locate(self, value: object) -> tuple[str | None, str]:
        if not isinstance(value, str) or not value.strip():
            return None, f"its column '{self._columns.image}' is empty"
        for name in (value, value.replace("\\", "/")):
            path = inner_path(name)
            if path is None:
                return None, f"it points outside {self._root}: move the image inside, or mend the path"
            if (self._root / path).is_file():
                return path, ""
        return None, f"there is no such file in {self._root}"

    def _find_tasks(self) -> tuple[Task, ...]:
        chosen = self._options.tasks
        if chosen is not None:
            for name in chosen:
                self._existing(name, "--tasks")
            return tuple(self._categorical(name, self._classes(name, demanded=True) or []) for name in chosen)
        special = {self._columns.image, self._columns.id, self._columns.split, _GIVEN_SPLIT, *RESERVED}
        tasks = []
        for name in map(str, self._frame.columns):
            classes = None if name in special else self._classes(name, demanded=False)
            if classes is not None:
                tasks.append(self._categorical(name, classes))
        if not tasks:
            raise InputError(
                f"{self._table} has no column of classes to protect (columns: {self._column_names()})"
                + "".join(f"; {note}" for note in self._notes)
            )
        return tuple(tasks)

    def _categorical(self, name: str, classes: Sequence[str]) -> Task:
        if name in RESERVED:
            raise InputError(f"a task cannot be called '{name}': a release's table uses that name; rename the column")
        return Categorical(name, tuple(classes))

    def _classes(self, name: str, demanded: bool) -> list[str] | None:
        """The classes of a column in their order, or None (with a note) where it is no column of classes."""
        values = self._frame[name].dropna()
        counts = Counter(values)
        numbers = pd.to_numeric(pd.Series(list(counts)), errors="coerce")
        numeric = len(counts) > 0 and not numbers.isna().any()
        limit = _MOST_NUMBER_CLASSES if numeric else _MOST_TEXT_CLASSES
        reason = None
        if len(counts) < 2:
            reason = f"has {len(counts)} class(es) only ({', '.join(counts) or 'all cells are empty'})"
        elif len(counts) > limit or (not numeric and len(counts) > max(len(values) // 2, 2)):
            reason = f"has {len(counts)} different values in {len(values)} rows, too many for classes"
        if reason is None or (demanded and len(counts) >= 2):
            return [value for _, value in sorted(zip(numbers, counts, strict=True))] if numeric else sorted(counts)
        if demanded:
            raise InputError(f"column '{name}' of {self._table} {reason}: a task needs two classes or more")
        self._notes.append(f"column '{name}' {reason}: it is not protected")
        return None

    def _labels(self, task: Task) -> Tensor:
        if task.name not in self._frame.columns:
            raise InputError(
                f"{self._table} has no column '{task.name}' (columns: {self._column_names()}): every task needs one; "
                "empty cells count as missing labels"
            )
        try:
            return task.parse(list(self._frame[task.name]))
        except UnknownLabelError as error:
            raise InputError(
                f"{self._frame[self._columns.image][error.position]}: {error}: mend it in {self._table.name}, "
                "leave the cell empty if the label is missing, or fit again with it"
            ) from error

    def _check_ids(self, ids: "pd.Series[str]") -> None:
        if ids.isna().any():
            row = int(ids.isna().to_numpy().argmax())
            raise InputError(f"{self._frame[self._columns.image][row]} has no id in {self._table}: give it one")
        repeated = ids[ids.duplicated(keep=False)]
        if len(repeated):
            same = self._frame[self._columns.image][repeated.index[repeated == repeated.iloc[0]]]
            raise InputError(
                f"id '{repeated.iloc[0]}' stands {len(same)} times in {self._table.name} "
                f"(for {', '.join(same.head(3))}; {repeated.nunique()} ids are repeated): "
                "every image needs one row and an id of its own"
            )

    def _splits(self, ids: "pd.Series[str]") -> list[str]:
        if self._options.test_labels is not None:
            return [str(split) for split in self._frame[_GIVEN_SPLIT]]
        if self._columns.split is None:
            return [hashed_split(identifier, self._options.test_fraction) for identifier in ids]
        splits = self._frame[self._columns.split]
        if splits.isna().any():
            row = int(splits.isna().to_numpy().argmax())
            raise InputError(
                f"{self._frame[self._columns.image][row]} has no value in the split column '{self._columns.split}' "
                f"of {self._table}: write train or test"
            )
        return [SPLIT_NAMES.get(str(split).strip().lower(), str(split).strip()) for split in splits]
