"""The table of ``mtlue evaluate`` on a narrow terminal."""

import io

from rich.cells import cell_len
from table_records import record

from mtlue.cli.console import Console
from mtlue.report.release_table import render_release_table


def test_of_one_seed_it_fits_80_columns() -> None:
    scores = {"subject of the picture": 0.5, "light": 0.25}
    records = [record(kind, 0, scores, "balanced_accuracy") for kind in ("clean", "noise", "tap")]
    stream = io.StringIO()
    Console(file=stream, width=80).print(render_release_table(records))
    printed = stream.getvalue()
    assert max(map(cell_len, printed.splitlines())) <= 80
    assert printed.count("accuracy") == printed.count("MTL") == 2
    assert "…" not in printed
