"""The split of each row: as the source knows it, as a column says, or by the hash of the id. Imports no torch."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mtlue.data.options import LARGER_SHARE, DataOptions
from mtlue.data.rows.rows import FILE, Rows
from mtlue.data.rows.split_words import notes_on_words
from mtlue.data.rows.splits import SPLIT_WORDS, VALIDATION, VALIDATION_TESTS, hashed_split, misspelt, with_test_split
from mtlue.errors import param
from mtlue.faults import Faults, listed
from mtlue.tables.cells import shown_cell

SPLIT_COLUMN = "split"
NO_COLUMN = "none"
"""``split_column`` of this name: no column says train or test."""
_SPLIT_NAMES = {word: split for word, split in SPLIT_WORDS.items() if split != VALIDATION}
_HOLD_OUT = f", or hold out a share of the images instead ({param('split_column')} {NO_COLUMN})"


def split_as_asked(rows: Rows, options: DataOptions) -> Rows:
    """The rows without the splits that their source knows (from names of folders, say) where options name a column.

    A table of splits has that column itself.
    """
    if rows.splits is None or options.split_column is None or options.split_table is not None:
        return rows
    notes = [note for note in rows.notes if note != VALIDATION_TESTS]
    return replace(rows, splits=None, split_advice="", notes=notes)


def split_column(rows: Rows, options: DataOptions) -> str | None:
    """The column that says train or test; None where the source knows it, or there is none.

    Raises:
        InputError: the column that ``options`` name is absent.
    """
    if rows.splits is not None or (options.split_column == NO_COLUMN and NO_COLUMN not in rows.frame.columns):
        return None
    return rows.special_column(options.split_column, SPLIT_COLUMN, "split_column")


def repeats_splits(rows: Rows) -> bool:
    """Whether the column ``split`` says of every row what its source says, as in shards that are named for theirs."""
    if rows.splits is None or SPLIT_COLUMN not in rows.frame.columns:
        return False
    pairs = zip(rows.frame[SPLIT_COLUMN], rows.splits, strict=True)
    return all(split in (cell, SPLIT_WORDS.get((cell or "").strip().lower())) for cell, split in pairs)


def column_splits(rows: Rows, column: str) -> tuple[list[str], list[str]]:
    """Each row's split by a column, and notes on what the column says.

    Raises:
        InputError: a cell is empty, or none is a word for a split.
    """
    splits, note = with_test_split(read_splits(rows, column))
    return splits, [*note, *notes_on_words(list(rows.frame[column]), splits, column)]


def hashed_splits(ids: Sequence[str], options: DataOptions) -> list[str]:
    """Each row's split where nothing says it: a share is held out, by the hash of the id."""
    return [hashed_split(identifier, options.test_fraction) for identifier in ids]


def split_advice(rows: Rows, column: str | None) -> str:
    """How to get images of an absent split; {} stands for its name."""
    if rows.splits is not None:
        return rows.split_advice or (
            f"mark some images as {{}} in a second table, and protect again with {param('split_table')}"
        )
    if column is None:
        return f"protect again with another {param('test_fraction')}, or add images"
    return (
        f"write {{}} for some images in the split column '{column}' of {rows.name} and protect again; or protect again "
        f"with {param('split_column')} {NO_COLUMN}, and {param('test_fraction')} holds out a share"
    )


def more_tests(rows: Rows, column: str | None) -> str:
    """What would give more test images, besides more images."""
    if rows.splits is not None:
        return "more of them in the split for testing"
    return LARGER_SHARE if column is None else f"more of them for testing in the split column '{column}' of {rows.name}"


def read_splits(rows: Rows, column: str, other: str = _HOLD_OUT) -> list[str]:
    """The splits that a column says.

    Args:
        rows: all rows.
        column: the column.
        other: what else can be done where it says none; completes a sentence.

    Raises:
        InputError: cells are empty, none is a word for a split, or one seems to be a misspelt word for one.
    """
    cells = rows.frame[column]
    faults = Faults()
    empty = list(rows.frame[FILE][cells.isna()])
    if empty:
        verb = "has" if len(empty) == 1 else "have"
        faults.add(
            f"{listed(empty)} {verb} no value in the split column '{column}' of {rows.name}: write train or test{other}"
        )
    faults.add(*_wrong_words(sorted(set(cells.dropna())), f"'{column}' of {rows.name}", other))
    faults.check()
    return [_SPLIT_NAMES.get(word.lower(), word) for word in cells]


def _wrong_words(words: Sequence[str], column: str, other: str) -> Iterator[str]:
    """What is wrong with the words of a split column."""
    if words and not any(word.lower() in SPLIT_WORDS for word in words):
        examples = ", ".join(repr(shown_cell(word)) for word in words[:3])
        yield f"column {column} says neither train nor test, but {examples}: write these words{other}"
    slips = [f"'{word}' looks like '{meant}'" for word in words if (meant := misspelt(word))]
    if slips:
        yield (
            f"split column {column}: {listed(slips)}: write the word as it is meant, or give a split of its own "
            "another name"
        )
