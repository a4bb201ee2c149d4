"""The first rows of a table, whatever its format."""

from pathlib import Path

import pandas as pd
import pytest

from mtlue.tables.reading import read_label_table

FRAME = pd.DataFrame({"file": [f"{row}.png" for row in range(7)], "kind": [*"aabbccd"]})


@pytest.mark.parametrize("rows", [None, 1, 5, 7, 100])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_as_many_rows_as_asked_for(tmp_path: Path, suffix: str, rows: int | None) -> None:
    path = tmp_path / f"labels{suffix}"
    if suffix == ".parquet":
        FRAME.to_parquet(path)
    elif suffix == ".jsonl":
        FRAME.to_json(path, orient="records", lines=True)
    else:
        FRAME.to_csv(path, index=False, sep="," if suffix == ".csv" else "\t")
    expected = FRAME.head(7 if rows is None else rows)
    assert read_label_table(path, rows=rows).frame.to_dict("list") == expected.to_dict("list")
