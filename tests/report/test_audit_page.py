"""The page of an audit: whole, self-contained, the worst first, and true to names with tags in them."""

import re
from pathlib import Path

import pytest
import torch
from table_records import record

from mtlue.errors import InputError
from mtlue.evaluation.records import Record
from mtlue.evaluation.recovery import recoveries
from mtlue.report.audit_page import MOST_COLUMNS, AuditPage, interval_text, value_text, write_audit_page
from mtlue.report.audit_rows import attack_rows, matrix_columns


def attacked(attack: str, left: float, right: float, setting: str = "mtl") -> list[Record]:
    """A clean and a protected learner of one attack, and what the protected one scores."""
    scores = {"clean": {"left": 0.9, "right": 0.9}, "tap": {"left": left, "right": right}}
    countermeasure = {"grey-jpeg10": "grey+jpeg10"}.get(attack, attack)
    return [
        record(kind, 0, own, attack=attack, countermeasure=countermeasure, setting=setting)
        for kind, own in scores.items()
    ]


RECORDS = [*attacked("none", 0.1, 0.3), *attacked("jpeg10", 0.5, 0.7), *attacked("grey", 0.05, 0.02)]


def written(path: Path, page: AuditPage) -> str:
    write_audit_page(path, page)
    return path.read_text(encoding="utf-8")


def test_the_attack_that_gets_back_most_comes_first(tmp_path: Path) -> None:
    page = written(tmp_path / "audit.html", AuditPage("d: tap", RECORDS, ["the worst"]))
    assert re.findall(r"<tr><td><b>(.*?)</b>", page) == [
        "JPEG of quality 10",
        "trains on the images as they are",
        "greyscale",
    ]
    assert re.findall(r'class="fill" style="width: (.*?)"', page) == ["75.0%", "25.0%", "0.0%"]
    assert "worse than trivial (-0.06)" in page
    assert "<li>the worst</li>" in page


def test_rows_and_columns_hold_every_recovery() -> None:
    found = recoveries([*RECORDS, *attacked("none", 0.1, 0.2, setting="stl")])
    assert [(column.setting, column.task) for column in matrix_columns(found)] == [
        ("mtl", "right"), ("mtl", "left"), ("stl", "right"), ("stl", "left"),
    ]  # fmt: skip
    rows = {row.name: row for row in attack_rows(found)}
    cell = rows["jpeg10"].of("mtl", "left")
    assert cell is not None
    assert value_text(cell) == "0.50"
    assert interval_text(cell)
    assert rows["jpeg10"].of("stl", "left") is None
    assert value_text(None) == "\u2013"


def test_it_is_one_file_and_says_what_was_not_tried(tmp_path: Path) -> None:
    images = {name: torch.zeros(2, 1, 8, 8, dtype=torch.uint8) for name in ("clean", "protected")}
    bare = written(tmp_path / "bare.html", AuditPage("d", RECORDS, []))
    whole = AuditPage("d", RECORDS, [], {"no model was given": ["diffusion"]}, ["A detector finds all."], images)
    page = written(tmp_path / "whole.html", whole)
    assert "http" not in page
    assert (bare.count("data:image/png;base64,"), page.count("data:image/png;base64,")) == (0, 1)
    assert "no model was given: diffusion" in page
    assert "A detector finds all." in page
    assert "What was not tried" not in bare


def test_names_are_text_in_one_line(tmp_path: Path) -> None:
    page = written(tmp_path / "audit.html", AuditPage("<script>\x1b[31m", RECORDS, ["<b>bold</b>\nbreak"]))
    assert "<script>" not in page
    assert "\x1b" not in page
    assert "&lt;b&gt;bold" in page


def test_many_tasks_are_cut_and_counted(tmp_path: Path) -> None:
    tasks = {f"t{i}": 0.5 for i in range(MOST_COLUMNS + 6)}
    clean = record("clean", 0, dict.fromkeys(tasks, 0.9), attack="none")
    page = written(tmp_path / "audit.html", AuditPage("d", [clean, record("tap", 0, tasks, attack="none")], []))
    assert "6 more tasks, of which less comes back" in page


def test_without_records_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no record"):
        write_audit_page(tmp_path / "audit.html", AuditPage("d", [], []))
