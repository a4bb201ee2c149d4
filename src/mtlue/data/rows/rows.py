"""Rows of labels, each with its image's file: what a source reads before columns become tasks. Imports no torch."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mtlue.data.columns.absent import absent_columns
from mtlue.data.listing import Skipped
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, param
from mtlue.faults import listed
from mtlue.wording import counted

FILE, ROW = "\0file", "\0row"
"""Columns of our own: the image's path below the root, and the row in words."""
OWN = (FILE, ROW)
_SHOWN_ROWS = 3


@dataclass(frozen=True)
class Rows:
    """What a source read.

    Attributes:
        frame: one row per image, columns of text (None where a cell is missing), with :data:`OWN`.
        root: folder that the files lie in.
        name: the table's name in errors.
        splits: each row's split where the source knows it; else a column or the id's hash says it.
        skipped, notes: as in a listing.
        lost: rows of the table without a usable image, each with the reason.
        lost_rows: the columns of those; None where there are none.
        faults: what is wrong with the table that leaves its other rows to be judged.
        image_columns: what the table calls the column of images, where it comes from one.
        classes: columns whose cells are classes whatever they look like.
        separator: of the table's cells where it is CSV or TSV, in which people write numbers in their own way.
        split_advice: how to get images of an absent split where ``splits`` is given; {} stands for its name.
    """

    frame: pd.DataFrame
    root: Path
    name: str
    splits: Sequence[str] | None = None
    skipped: Sequence[Skipped] = ()
    notes: Sequence[str] = ()
    image_columns: frozenset[str] = frozenset()
    classes: Sequence[str] = ()
    separator: str | None = None
    split_advice: str = ""
    lost: Sequence[str] = ()
    lost_rows: pd.DataFrame | None = None
    faults: Sequence[str] = ()

    @property
    def files(self) -> list[str]:
        """Each image's path below the root."""
        return list(self.frame[FILE])

    @property
    def losses(self) -> list[str]:
        """A sentence on the rows without a usable image: they may be why something else is wrong; none without such."""
        rows_have = counted(len(self.lost), "row has", "rows have")
        them = "it" if len(self.lost) == 1 else "them"
        lost = f"{rows_have} no usable image ({listed(self.lost)}), which alone would only leave {them} out"
        return [lost] if self.lost else []

    def special_column(self, given: str | None, usual: str, option: str) -> str | None:
        """A column with a meaning of its own: the one given, else the usual one where there is one.

        Raises:
            InputError: the one given is absent.
        """
        if given is not None:
            return require_column(self.frame, given, self.name, option, sorted(self.image_columns))
        return usual if usual in self.frame.columns else None

    def named(self, positions: Sequence[int]) -> str:
        """Rows in words, as in "row 2 of labels.csv, row 5 of labels.csv and 3 more"."""
        return listed([self.frame[ROW][position] for position in positions], _SHOWN_ROWS)


def refuse_image_column(options: DataOptions, place: str) -> None:
    """Refuse to name the column of images where no table names any.

    Args:
        options: what the user says.
        place: what is read instead, in words.

    Raises:
        InputError: the options name one.
    """
    if options.image_column is not None:
        raise InputError(f"{param('image_column')} {options.image_column}: no table is read of {place}: leave it out")


def require_images_in(options: DataOptions, column: str, others: Collection[str], table: str) -> None:
    """Refuse another column of images than the one that is read of a file that holds the images themselves.

    Args:
        options: what the user says.
        column: the one that is read.
        others: columns of the file.
        table: the file, in words.

    Raises:
        InputError: the options name another.
    """
    named = options.image_column
    if named in (None, column):
        return
    if named not in others:
        raise InputError(f"{param('image_column')} {absent_columns([named], table, [column, *others])}")
    raise InputError(
        f"{param('image_column')} {named}: column '{named}' of {table} holds no images, and column '{column}' does: "
        "leave it out"
    )


def require_column(frame: pd.DataFrame, column: str, name: str, option: str, more: Collection[str] = ()) -> str:
    """The column, if the table has it.

    Args:
        frame: of the table.
        column: the column's name.
        name: of the table.
        option: the parameter that names the column.
        more: columns of the table that the frame lacks, to be named with the others.

    Raises:
        InputError: it is absent; lists which ones there are.
    """
    if column not in frame.columns:
        names = [*more, *(str(other) for other in frame.columns if other not in OWN)]
        raise InputError(f"{param(option)} {absent_columns([column], name, names)}")
    return column
