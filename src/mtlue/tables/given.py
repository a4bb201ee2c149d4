"""Tables as options name them: from the current folder, or from the data folder. Imports nothing heavy."""

from pathlib import Path

from mtlue.errors import InputError, param

SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl")
"""Of the tables that can be read."""


def given_table(path: Path, root: Path, option: str) -> Path:
    """The table that an option (``labels``, say) names: the path itself, else the same path below the data folder.

    Raises:
        InputError: there is no such file.
    """
    place = next((place for place in (path, root / path) if place.is_file()), None)
    if place is None:
        raise InputError(
            f"{param(option)} {path} is not a file, nor is {root / path}: give a table ({', '.join(SUFFIXES)})"
        )
    return place


def as_given(path: Path, root: Path) -> Path:
    """How an option names a table, so that :func:`given_table` finds just that one: by its path below the data folder.

    Where that path leads to another file of the current folder, it is the whole path.
    """
    below = path.relative_to(root) if path.is_relative_to(root) else path
    return path if below.is_file() and not (path.exists() and below.samefile(path)) else below
