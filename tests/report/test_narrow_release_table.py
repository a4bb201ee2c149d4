"""The table of ``mtlue evaluate`` on a narrow terminal."""

import io
from collections.abc import Sequence

import pytest
from rich.cells import cell_len
from table_records import record

from mtlue.cli.terminal.console import Console
from mtlue.evaluation.records import Record
from mtlue.report.evaluations.table import render_release_table


def shown(records: Sequence[Record]) -> str:
    stream = io.StringIO()
    Console(file=stream, width=80).print(render_release_table(records))
    return stream.getvalue()


@pytest.mark.parametrize("seeds", [1, 3])
def test_it_fits_80_columns(seeds: int) -> None:
    records = [
        record(kind, seed, {"subject of the picture": 0.5 + seed / 8, "light": 0.25 - seed / 8}, "balanced_accuracy")
        for kind in ("clean", "noise", "tap")
        for seed in range(seeds)
    ]
    printed = shown(records)
    assert max(map(cell_len, printed.splitlines())) <= 80
    assert printed.count("accuracy") == printed.count("MTL") == 2 * (1 if seeds == 1 else 3)
    assert printed.count("0.625 ± 0.125") == (3 if seeds == 3 else 0)
    assert "…" not in printed


@pytest.mark.parametrize(("score", "below"), [(0.02, True), (0.2, False)])
def test_what_is_worse_than_trivial_takes_one_line_and_is_explained_below(score: float, below: bool) -> None:
    scores = {"clean": 0.9, "noise": 0.8, "tap": score}
    lines = shown([record(kind, scores={"left": one}) for kind, one in scores.items()]).splitlines()
    (row,) = [line for line in lines if line.lstrip().startswith("MTL")]
    assert row.split()[-1] == ("0*" if below else "0.125")
    assert ("0*: worse than trivial." in " ".join(" ".join(lines).split())) is below
