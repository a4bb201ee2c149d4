"""Label tables: CSV, TSV, Parquet or JSONL to a frame of strings; empty cells are missing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from mtlue.errors import InputError


def _read_separated(separator: str) -> Callable[[Path], pd.DataFrame]:
    def read(path: Path) -> pd.DataFrame:
        return pd.read_csv(
            path, sep=separator, dtype=str, keep_default_na=False, na_values=["", "nan", "NaN"], encoding="utf-8-sig"
        )

    return read


def _read_json_lines(path: Path) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if line.strip():
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"line {number} is no JSON object")
            rows.append(row)
    return pd.DataFrame(rows, dtype=object)


READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": _read_separated(","),
    ".tsv": _read_separated("\t"),
    ".parquet": pd.read_parquet,
    ".jsonl": _read_json_lines,
}
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
    except (ValueError, OSError, UnicodeError) as error:  # pandas' and pyarrow's own errors derive from these
        raise InputError(f"{path} cannot be read as a table of labels: {str(error).strip()}") from error
    frame.columns = [str(name).strip() for name in frame.columns]
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise InputError(f"{path} has two columns named '{repeated[0]}': rename one")
    return pd.DataFrame({name: [_as_text(value) for value in frame[name]] for name in frame.columns}, dtype=object)


def _as_text(value: Any) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() or None
