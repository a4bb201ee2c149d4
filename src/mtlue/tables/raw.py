"""A table as its file holds it, before names and cells are looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_COLUMNS = 4096
"""Each costs about a millisecond, and most are a task, which a model needs a head for."""
MOST_NAME = 1_000
"""Characters of a column's name."""


@dataclass(frozen=True)
class RawTable:
    """Columns of one length.

    Attributes:
        names: of the columns; some may be empty.
        columns: cells, texts or None where the format itself says that there is none.
        notes: what the owner should know.
        separator: what separates cells, in CSV and TSV.
        lines: for each row the line of the file where it begins, counted as an editor does; None in files without
            lines.
        faults: what is wrong with single rows, which are left out, while all others can still be judged.
    """

    names: Sequence[str]
    columns: Sequence[Sequence[str | None]]
    notes: tuple[str, ...] = ()
    separator: str | None = None
    lines: Sequence[int] | None = None
    faults: Sequence[str] = ()
