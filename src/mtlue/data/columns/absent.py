"""What to say of a column that a table lacks: what it has instead, and what was likely meant."""

from collections.abc import Collection, Sequence

from mtlue.faults import listed
from mtlue.suggestions import clear, closest_first, nearest

_SHOWN = 20


def absent_columns(columns: Sequence[str], table: str, present: Collection[str], said: str = "") -> str:
    """The words for columns that a table lacks, with those that it has: where one is near, closest first.

    Args:
        columns: the absent ones, at least one.
        table: what is said of the table: its name or path.
        present: its columns.
        said: what is said of the absent ones besides, as in "is to be dropped and ".

    >>> absent_columns(["gendr"], "labels.csv", ["season", "gender"])
    "'gendr' is not a column of labels.csv (columns: gender, season): did you mean 'gender'?"
    """
    quoted = ", ".join(f"'{name}'" for name in columns)
    words = "is not a column" if len(columns) == 1 else "are not columns"
    near = nearest(columns[0], present)
    names = closest_first(columns[0], present) if near else list(present)
    torn = next((name for name in present if set(_torn(name)) <= {*columns} and "," in name), None)
    if torn is not None:
        advice = f"""one name with a comma takes quotes of its own: '"{torn}"'"""
    elif not names:
        advice = "leave it out"
    elif near and len(columns) == 1:
        advice = f"did you mean '{near}'?"
    else:
        advice = "name one of these" if len(columns) == 1 else "name some of these"
    return f"{quoted} {said}{words} of {table} (columns: {listed([*map(clear, names)], _SHOWN) or 'none'}): {advice}"


def _torn(name: str) -> list[str]:
    """What is left of a name where commas separate names."""
    return [part.strip() for part in name.split(",")]
