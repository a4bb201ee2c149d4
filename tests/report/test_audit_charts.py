"""The drawings of an audit's page: lengths, spreads and cells say what the recoveries are."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from test_audit_page import RECORDS, attacked, report, written

from mtlue.evaluation.audits.records import KnownAttack
from mtlue.evaluation.recoveries.recovery import Recovery
from mtlue.report.audits.charts import FARTHEST, bars, grid
from mtlue.report.audits.page import BARS, SHORT_ROWS
from mtlue.report.audits.rows import AttackRow, MatrixColumn, PageRows, matrix_columns


def row(value: float, std: float = math.nan, control: float | None = None, name: str = "grey") -> AttackRow:
    one = Recovery(name, "mtl", "age", value, value, value, value, std, (0, 1), True, 0.5, 0.9, 0.1, control)
    return AttackRow(KnownAttack(name, name, "nothing"), one, (one,))


@pytest.mark.parametrize(
    ("value", "std", "length", "spread"),
    [
        (0.5, math.nan, "50.0%", None),
        (0.5, 0.1, "50.0%", ("40.0%", "60.0%")),
        (0.1, 0.3, "10.0%", ("0.0%", "40.0%")),
        (-0.2, math.nan, "0.0%", None),
    ],
)
def test_a_bar_is_as_long_as_the_recovery(
    value: float, std: float, length: str, spread: tuple[str, str] | None
) -> None:
    (bar,) = bars([row(value, std, control=0.25)]).bars
    assert (bar.length, bar.spread, bar.own) == (length, spread, "25.0%")


def test_the_scale_reaches_beyond_1_where_a_bar_does_but_not_without_end() -> None:
    assert list(bars([row(0.2)]).ticks) == ["0", "0.25", "0.5", "0.75", "1"]
    assert list(bars([row(1.04, 0.01)]).ticks.items())[-1] == ("1.25", "100.0%")
    far = bars([row(7.0), row(0.75)])
    assert list(far.ticks)[-1] == f"{FARTHEST:g}"
    assert [bar.length for bar in far.bars] == ["100.0%", "50.0%"]
    assert bars([]).bars == []


def test_the_grid_holds_every_recovery_and_shortens_names() -> None:
    rows = PageRows.of(report([*RECORDS, *attacked("none", 0.1, 0.2, setting="stl")])).real
    drawn = grid(rows, matrix_columns(rows))
    assert drawn.columns == ["right MTL", "left MTL", "right STL", "left STL"]
    assert [name for name, _ in drawn.rows] == ["jpeg10", "none", "grey"]
    assert [cell.text for cell in drawn.rows[0][1]] == ["0.75", "0.50", "–", "–"]
    assert drawn.rows[0][1][0].heat == "56.2%"
    assert "accuracy 0.700" in drawn.rows[0][1][0].why
    long = replace(row(0.5), attack=KnownAttack("a" * 30 + "\x1b", "a", "nothing"))
    shortened = grid([long], [MatrixColumn("mtl", "age")])
    assert shortened.rows[0][0] == "a" * 19 + "…"
    assert shortened.columns == ["age"]


def test_what_less_comes_back_by_is_folded(tmp_path: Path) -> None:
    names = [f"jpeg:quality={quality}" for quality in range(10, 10 + BARS + 2)]
    known = [KnownAttack(name, name, "nothing") for name in names]
    records = [one for place, name in enumerate(names) for one in attacked(name, 0.8 - place / 50, 0.1)]
    page = written(tmp_path / "audit.html", report(records, attacks=known))
    short = page[page.index('<table class="short cards">') : page.index("</table>")]
    assert short.count("<tr>") == SHORT_ROWS + 1
    first, rest = page.split("<summary>2 more, of which less counts</summary>")
    assert len(re.findall('class="fill', first)) == BARS
    assert len(re.findall('class="fill', rest)) == 2


def test_an_audit_that_compared_nothing_yet_says_so(tmp_path: Path) -> None:
    page = written(tmp_path / "audit.html", report(RECORDS[:1], complete=False))
    assert "No attack has been compared with clean images yet." in page
    assert "<svg" not in page
