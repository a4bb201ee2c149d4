"""An audit's tables hold no row and no column of dashes alone, and say what they leave out."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from test_audit_page import LEFT, RECORDS, attacked, report, written

from mtlue.cli.telling.audit import print_report

SILENT = [replace(one, metrics={"left": {"accuracy": 0.1}}, **LEFT) for one in attacked("grey", 0.1, 0.1)]


def rows_of(page: str, name: str) -> list[str]:
    table = page[page.index(f'<table class="{name}') :]
    return re.findall(r"<tr><td.*?</tr>", table[: table.index("</table>")], re.DOTALL)


def test_attacks_and_tasks_of_which_nothing_is_known_are_named_once_instead(tmp_path: Path) -> None:
    page = written(tmp_path / "a.html", report([*RECORDS[:4], *SILENT]))
    told = " ".join(page.split())
    assert "Left out, as no recovery of a protected task is known: grey; the list under" in told
    assert "Left out, as no recovery is known of: 1 attack (grey)" in told
    for name in ("short", "matrix"):
        rows = rows_of(page, name)
        assert len(rows) == 2
        assert not any("grey" in row for row in rows)
        assert all(re.search(r">\d", row) for row in rows)
    assert "greyscale" in page[page.index('<table class="attacks">') :]  # with the reason


def test_a_task_that_no_learner_learns_has_no_column(tmp_path: Path) -> None:
    none = [replace(one, metrics={**one.metrics, "left": {"accuracy": 0.1}}) for one in RECORDS[:2]]
    page = written(tmp_path / "a.html", report(none))
    told = " ".join(page.split())
    assert "Left out, as no recovery is known of: 1 task (&#39;left&#39; (MTL)); &#34;How to read" in told
    assert "<th>left" not in page
    assert "<th>right" in page


def test_where_nothing_is_known_no_table_and_no_chart_is_drawn(tmp_path: Path) -> None:
    page = written(tmp_path / "a.html", report(SILENT))
    told = " ".join(page.split())
    assert "is known by the one attack that was compared, so there is no table and no chart" in told
    for absent in ("Attacks by tasks", 'class="short"', 'class="matrix"', '<ol class="bars">', "There is nothing"):
        assert absent not in page
    assert "a clean learner does not learn it" in told


def test_nothing_is_said_where_nothing_is_left_out(tmp_path: Path) -> None:
    assert "Left out" not in written(tmp_path / "a.html", report(RECORDS))


def test_the_terminal_names_them_too(capsys: pytest.CaptureFixture[str]) -> None:
    """One that has a figure against the plain clean learner keeps its row."""
    untaught = [replace(one, metrics={**one.metrics, "left": {"accuracy": 0.1}}) for one in RECORDS[:4]]
    print_report(report([*untaught, *SILENT]))
    assert "Left out, as nothing is known: grey." in capsys.readouterr().out
    print_report(report(RECORDS))
    assert "Left out" not in capsys.readouterr().out
