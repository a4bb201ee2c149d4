"""Label tables: CSV, TSV, Parquet or JSONL to a frame of strings; empty cells are missing."""

import csv
import json
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mtlue.errors import InputError


def _read_separated(path: Path) -> pd.DataFrame:
    """CSV or TSV. The header's first separator counts; a row with more cells than the header is an error."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header = stream.readline()
    separator = max(",;\t", key=header.count)
    names = next(csv.reader([header], delimiter=separator), [])
    _check_names(path, names)
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame = pd.read_csv(
            path,
            sep=separator,
            dtype=str,
            keep_default_na=False,
            na_values=["", "nan", "NaN"],
            encoding="utf-8-sig",
            index_col=False,
        )
    _check_lengths(path, separator, names)
    unnamed = [number for number, name in enumerate(names) if not name.strip()]
    filled = [number for number in unnamed if number > 0 and frame.iloc[:, number].notna().any()]
    if filled:  # the first one is a data frame's index
        raise InputError(f"column {filled[0] + 1} of {path} has no name: name it in the first line")
    return frame.set_axis(names, axis=1).loc[:, [name.strip() != "" for name in names]]


def _check_lengths(path: Path, separator: str, names: list[str]) -> None:
    """Refuse a row that ends before the header does: which cell is it that lacks?"""
    needed = max((number for number, name in enumerate(names, start=1) if name.strip()), default=0)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream, delimiter=separator)
        try:
            short = next((row for row in rows if row and len(row) < needed), None)
        except csv.Error as error:
            raise ValueError(f"line {rows.line_num}: {error}") from error
        if short is not None:
            raise ValueError(
                f"line {rows.line_num} has {len(short)} cell(s), the header {needed}: mend the row, and leave a cell "
                "empty where a label is missing"
            )


def _read_json_lines(path: Path) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1):
        if line.strip():
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is no JSON object")
            rows.append(row)
    return pd.DataFrame(rows, dtype=object)


READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": _read_separated,
    ".tsv": _read_separated,
    ".parquet": pd.read_parquet,
    ".jsonl": _read_json_lines,
}
LIST_SEPARATOR = "|"
USUAL_NAMES = ("metadata", "labels", "annotations")


def find_table(root: Path, given: Path | None) -> Path:
    """The table of labels: the one given, else ``metadata.*``, ``labels.*``, or the only table in the folder."""
    if given is not None:
        if not given.is_file():
            raise InputError(f"--labels {given} is not a file: give a table ({', '.join(READERS)})")
        return given
    tables = sorted(path for path in root.iterdir() if path.suffix.lower() in READERS)
    for name in USUAL_NAMES:
        usual = [path for path in tables if path.stem.lower() == name]
        if len(usual) == 1:
            return usual[0]
    if len(tables) == 1:
        return tables[0]
    found = f"{len(tables)} of them: {', '.join(path.name for path in tables[:5])}" if tables else "none"
    raise InputError(
        f"{root} should hold one table of labels ({', '.join(READERS)}), found {found}: name it with --labels"
    )


def read_labels(path: Path) -> pd.DataFrame:
    """Read a table as strings. Whole numbers lose their '.0', cells without text are missing (None).

    Raises:
        InputError: the file is no such table; the text names it and the line where that is known.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path}: a table of labels must be one of {', '.join(READERS)}")
    try:
        frame = reader(path)
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such table") from error
    except (
        ValueError,
        OSError,
        pd.errors.ParserWarning,
    ) as error:  # pandas' and pyarrow's own errors derive from these
        raise InputError(f"{path} cannot be read as a table of labels: {str(error).strip()}") from error
    frame.columns = [str(name).strip() for name in frame.columns]
    _check_names(path, list(frame.columns))
    try:
        return pd.DataFrame({name: [_as_text(value) for value in frame[name]] for name in frame.columns}, dtype=object)
    except TypeError as error:
        raise InputError(f"{path} holds {error}: give texts, numbers or lists of them") from error


def _check_names(path: Path, names: list[str]) -> None:
    repeated = [name for name, count in Counter(name.strip() for name in names).items() if name and count > 1]
    if repeated:
        raise InputError(f"{path} has two columns named '{repeated[0]}': rename one")


def _as_text(value: Any) -> str | None:
    """A cell as text; a list as its parts between ``LIST_SEPARATOR``, which an empty one is itself."""
    if isinstance(value, list | tuple | set | np.ndarray):
        return LIST_SEPARATOR.join(_as_text(part) or "" for part in value) or LIST_SEPARATOR
    if isinstance(value, dict):
        raise TypeError(f"the cell {value}")
    if not isinstance(value, str) and pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if str(value).strip() else None
