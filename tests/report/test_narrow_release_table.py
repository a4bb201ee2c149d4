"""The table of ``mtlue evaluate`` on a narrow terminal."""

import io

import pytest
from rich.cells import cell_len
from table_records import record

from mtlue.cli.console import Console
from mtlue.report.release_table import render_release_table


@pytest.mark.parametrize("seeds", [1, 3])
def test_it_fits_80_columns(seeds: int) -> None:
    records = [
        record(kind, seed, {"subject of the picture": 0.5 + seed / 8, "light": 0.25 - seed / 8}, "balanced_accuracy")
        for kind in ("clean", "noise", "tap")
        for seed in range(seeds)
    ]
    stream = io.StringIO()
    Console(file=stream, width=80).print(render_release_table(records))
    printed = stream.getvalue()
    assert max(map(cell_len, printed.splitlines())) <= 80
    assert printed.count("accuracy") == printed.count("MTL") == 2
    assert "…" not in printed
