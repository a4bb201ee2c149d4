"""A second table that says which images are for training and which for testing. Imports no torch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mtlue.data.columns.absent import absent_columns
from mtlue.data.files.folders import require_unique
from mtlue.data.listing import TRAIN, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.rows.pairing import paired_rows
from mtlue.data.rows.parts import TablePart
from mtlue.data.rows.rows import OWN, Rows
from mtlue.data.rows.split_column import SPLIT_COLUMN, read_splits
from mtlue.errors import InputError, param, way
from mtlue.faults import Faults
from mtlue.suggestions import clear
from mtlue.wording import counted

_OTHER = f", or leave out {param('split_table')}: a share of the images is then held out"
_SHOWN = 4
"""Columns that may be meant, of which each is shown as an option."""


def with_split_table(rows: Rows, table: Path, options: DataOptions) -> Rows:
    """The rows with the splits that another table gives their images; those that it does not name are left out.

    What is wrong with that table becomes a fault of the rows, as their own table can still be judged.
    """
    found = Faults()
    found.add(*rows.faults)
    with found.gathered():
        rows = _with_splits(rows, table, options, found)
    return replace(rows, splits=rows.splits or [TRAIN] * len(rows.files), faults=found.texts)


def _with_splits(rows: Rows, table: Path, options: DataOptions, found: Faults) -> Rows:
    """The rows with their splits.

    Raises:
        InputError: the table names an image twice, has no column of splits, or names none of the images.
    """
    second = paired_rows([TablePart(table, beside=True)], rows.root, options)
    found.add(*second.faults)
    require_unique(second.files, str(table))
    column = _split_column([name for name in second.frame.columns if name not in OWN], table, options)
    splits = dict(zip(second.files, read_splits(second, column, _OTHER), strict=True))
    files = rows.files
    keep = [row for row, file in enumerate(files) if file in splits]
    if not keep:
        raise InputError(
            f"{param('split_table')} {table} names none of the images of {rows.name}: give the table of this folder"
        )
    left_out = [Skipped(file, f"{table.name} does not name it") for file in files if file not in splits]
    unused = len(splits.keys() - set(files))
    note = [f"{table.name} names {counted(unused, 'image')} that {rows.name} does not name"] if unused else []
    return replace(
        rows,
        frame=rows.frame.iloc[keep].reset_index(drop=True),
        splits=[splits[files[row]] for row in keep],
        skipped=[*rows.skipped, *left_out],
        notes=[*rows.notes, *note],
        split_advice=f"write {{}} for some images in {table}, and protect again",
    )


def _split_column(names: Sequence[str], table: Path, options: DataOptions) -> str:
    """The column given, the usual one, or the only one."""
    given = options.split_column
    if given is not None and given in names:
        return given
    if given is None and SPLIT_COLUMN in names:
        return SPLIT_COLUMN
    if given is None and len(names) == 1:
        return names[0]
    option = param("split_column")
    if given is not None:
        raise InputError(f"{option} {absent_columns([given], str(table), names)}")
    named = f"name one of these with {option}"
    if names:
        named = f"add {' or '.join(way(split_column=name) for name in names[:_SHOWN])}"
    raise InputError(
        f"which column says train or test in {table} (columns: {', '.join(map(clear, names)) or 'none'}): {named}"
    )
