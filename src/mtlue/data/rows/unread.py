"""Tables of a folder that its labels are not read from: which, and why. Imports no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtlue.data.rows.image_files import SeveralColumnsError, image_column
from mtlue.data.rows.parts import tables_below
from mtlue.errors import InputError, param
from mtlue.faults import listed
from mtlue.tables.reading import read_label_table

_NAMED = 5
_MOST = 20
"""Tables that are looked into: of more, only those are that a message names."""
_ROWS = 10_000
"""Rows of each that are looked at."""


@dataclass(frozen=True)
class Unread:
    """The tables below a folder that are not read, by their paths from there.

    Attributes:
        naming: those with a column that names image files.
        mute: those without, which could not be read as they are.
    """

    naming: tuple[str, ...]
    mute: tuple[str, ...]

    def passed_over(self) -> str:
        """What to add to words on how a folder is laid out; "" where every table is read."""
        mute = f"; passed over: {listed(self.mute, _NAMED)} (no column names image files)" if self.mute else ""
        return mute + (f"; passed over: {listed(self.naming, _NAMED)}" if self.naming else "")

    def notes(self) -> list[str]:
        """A note on each of the two, with what would read them."""
        notes = []
        if self.naming:
            notes.append(f"not read: {listed(self.naming, _NAMED)}; {_reads(self.naming)}")
        if self.mute:
            notes.append(
                f"not read: {listed(self.mute, _NAMED)}, where no column names image files; once one does, "
                f"{_reads(self.mute)}"
            )
        return notes


def unread_tables(root: Path, read: Sequence[Path]) -> Unread:
    """The tables below a folder that are not among those that were read."""
    own = {path.resolve() for path in read}
    unread = [path for path in tables_below(root) if path.resolve() not in own]
    looked_into = unread if len(unread) <= _MOST else unread[:_NAMED]
    mute = {path for path in looked_into if not _names_images(path, root)}
    naming, others = ([path for path in unread if (path in mute) == silent] for silent in (False, True))
    return Unread(*(tuple(path.relative_to(root).as_posix() for path in paths) for paths in (naming, others)))


def _names_images(path: Path, root: Path) -> bool:
    try:
        image_column(read_label_table(path, rows=_ROWS).frame, path, root, None)
    except SeveralColumnsError:
        return True
    except InputError:
        return False
    return True


def _reads(tables: Sequence[str]) -> str:
    return f"{param('dataset')} table {param('labels')} {tables[0]} reads its labels instead"
