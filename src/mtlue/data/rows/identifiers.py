"""The id of each row: from a column of the table, else the image's path. Imports no torch."""

from collections.abc import Iterator, Sequence

from mtlue.data.options import DataOptions
from mtlue.data.rows.rows import FILE, Rows
from mtlue.errors import way
from mtlue.faults import Faults, listed
from mtlue.tables.cells import shown_cell

ID_COLUMN = "id"
_SHOWN_IDS = 5


def row_ids(rows: Rows, options: DataOptions) -> list[str]:
    """Each row's id.

    Raises:
        InputError: ids are missing or repeated; names the rows.
    """
    column = id_column(rows, options)
    faults = Faults()
    faults.add(*_missing(rows, column), *_repeated(rows, column))
    faults.check()
    return list(rows.frame[column])


def id_column(rows: Rows, options: DataOptions) -> str:
    """The column that holds the ids; :data:`FILE` where the paths are the ids."""
    if options.id_column not in rows.frame.columns and options.id_column in {"file", *rows.image_columns}:
        return FILE
    return rows.special_column(options.id_column, ID_COLUMN, "id_column") or FILE


def _missing(rows: Rows, column: str) -> Iterator[str]:
    files = list(rows.frame[FILE][rows.frame[column].isna()])
    if files:
        verb, pronoun = ("has", "it") if len(files) == 1 else ("have", "each of them")
        yield f"{listed(files)} {verb} no id in {rows.name}: give {pronoun} one{_other_id(rows, column)}"


def _repeated(rows: Rows, column: str) -> Iterator[str]:
    ids = rows.frame[column].dropna()
    repeated = ids[ids.duplicated(keep=False)]
    if not len(repeated):
        return
    places: dict[str, list[int]] = {}
    for position, identifier in zip(repeated.index.tolist(), repeated.tolist(), strict=True):
        places.setdefault(identifier, []).append(position)
    texts = [
        f"id '{shown_cell(identifier)}' appears {len(positions)} times ({rows.named(positions)})"
        for identifier, positions in places.items()
    ]
    others = f" and {len(texts) - _SHOWN_IDS} more ids are repeated" if len(texts) > _SHOWN_IDS else ""
    yield (f"{', '.join(texts[:_SHOWN_IDS])}{others}: {_remedy(rows, column, repeated.index.tolist())}")


def _remedy(rows: Rows, column: str, repeated: Sequence[int]) -> str:
    """What to do about rows with repeated ids: some of them, or all, may be rows of one image."""
    again = rows.frame.loc[list(repeated)].duplicated([column, FILE], keep=False)
    if column == FILE or again.all():
        return (
            "keep one of the rows of each image and delete the others; where it has several labels, write them into "
            "one cell (a|b)"
        )
    return f"the column '{column}' is read as ids: give each row one of its own{_other_id(rows, column)}"


def _other_id(rows: Rows, column: str) -> str:
    """The alternative where a column does not hold ids: the images' paths."""
    if column == FILE or rows.frame[FILE].duplicated().any():
        return ""
    name = min(rows.image_columns, default="file")
    return f", or use the image's path as the id ({way(id_column=name)})"
