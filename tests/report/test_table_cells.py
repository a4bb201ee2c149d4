import math
from dataclasses import replace

import pytest
from table_records import cells, record, table

from mtlue.evaluation.records import Record
from mtlue.report.evaluations.table import caption
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import TableView
from mtlue.report.tables.cells import Spread, TableCell
from mtlue.report.tables.headings import comparison_title
from mtlue.report.tables.renderings import terminal

RECOVERY = TableView(recovery=True)


def test_a_spread_as_text() -> None:
    assert Spread.of([0.1, math.nan, 0.2]).text(seeds=2) == "0.150 ± 0.071"
    assert Spread.of([0.1]).text(seeds=1) == "0.100"
    assert Spread.of([]).text(seeds=0) == "–"


def test_a_recovery_below_zero_is_shown_as_worse_than_trivial_and_kept() -> None:
    records = [record("clean", scores={"left": 0.9}), record("tap", scores={"left": 0.02})]
    (cell,) = cells(table(records, RECOVERY), "tap")
    assert cell.value.mean == pytest.approx(-0.1)
    assert (cell.text, cell.short_text) == ("0 (worse than trivial)", "0*")
    below = table([*records, record("em", scores={"left": 0.05}), record("sep", scores={"left": 0.2})], RECOVERY)
    assert terminal(below, ["one."]).endswith("one.\n0*: worse than trivial.\n")
    assert "worse than trivial" not in terminal(table(records), [])
    assert [cells(below, name)[0].best for name in ("tap", "em", "sep")] == [True, True, False]
    assert TableCell(Spread(-0.0001, 0.0), 1, recovered=True).text == "0.000"
    assert TableCell(Spread(-0.1, 0.0), 1).text == "-0.100"


def drawn(method: str, score: float, spread: float) -> Record:
    """A learner whose draws lie evenly around its score."""
    draws = {"left": [score + spread * (number - 49.5) / 49.5 for number in range(100)]}
    return record(method, scores={"left": score}, replicates=draws)


def test_an_interval_is_shown_where_it_is_wide() -> None:
    certain = drawn("clean", 0.9, 0.0)
    (cell,) = cells(table([certain, drawn("tap", 0.5, 0.2)], RECOVERY), "tap")
    assert cell.interval == pytest.approx((0.2625, 0.7375))
    assert cell.text == "0.500 [0.26, 0.74]"
    assert "[95 % interval" in comparison_title(table([certain, drawn("tap", 0.5, 0.2)], RECOVERY))
    assert "Recoveries have their [95 % interval" in caption(SortedRecords.of([certain, drawn("tap", 0.5, 0.2)]))
    (cell,) = cells(table([certain, drawn("tap", 0.5, 0.05)], RECOVERY), "tap")
    assert cell.text == "0.500"
    (cell,) = cells(table([certain, drawn("tap", 0.5, 0.2)]), "tap")
    assert cell.text == "0.500"
    (cell,) = cells(table([record("clean", scores={"left": 0.9}), record("tap")], RECOVERY), "tap")
    assert math.isnan(cell.interval[0])
    assert cell.text == "0.500"


def with_auc(one: Record, auc: float) -> Record:
    """The same record with a second metric."""
    return replace(
        one, metrics={"left": {**one.metrics["left"], "auc": auc}}, trivial={"left": {"accuracy": 0.1, "auc": 0.1}},
        directions={"left": {"accuracy": True, "auc": True}},
    )  # fmt: skip


def test_draws_are_of_the_headline_alone() -> None:
    records = [with_auc(drawn("clean", 0.9, 0.0), 0.9), with_auc(drawn("tap", 0.5, 0.2), 0.5)]
    assert cells(table(records, TableView("auc", recovery=True)), "tap")[0].text == "0.500"
    assert "[" in cells(table(records, TableView("accuracy", recovery=True)), "tap")[0].text
