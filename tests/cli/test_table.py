import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import Outcome
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.records import Record, write_records
from mtlue.files import write_json

Run = Callable[..., Outcome]
FORMATS = {"terminal": "─", "markdown": "| tap | **0.200** |", "latex": "\\textbf{0.200}", "csv": "tap,digits,mtl"}
CLEAN = Record(
    dataset="digits", condition="clean", learner=Learner(tasks=("left",)), method=None, epsilon=None,
    metrics={"left": {"accuracy": 0.9}}, trivial={"left": {"accuracy": 0.1}}, directions={"left": {"accuracy": True}},
    headline={"left": "accuracy"}, train_images=10, test_images=5, seconds=1.0,
)  # fmt: skip


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    protected = replace(CLEAN, condition="protected", method="tap", epsilon=8.0, metrics={"left": {"accuracy": 0.2}})
    weaker = replace(protected, method="em", metrics={"left": {"accuracy": 0.5}})
    write_records(tmp_path / "audit/results.json", [CLEAN, protected, weaker])
    return tmp_path / "audit"


@pytest.mark.parametrize("form", list(FORMATS))
def test_each_format_is_printed_and_written(mtlue: Run, audit: Path, tmp_path: Path, form: str) -> None:
    printed = mtlue("table", audit, "--format", form)
    assert printed.status == 0, printed.err
    assert FORMATS[form] in printed.out
    assert mtlue("table", audit / "results.json", "--format", form, "--out", tmp_path / "t").status == 0
    assert FORMATS[form] in (tmp_path / "t").read_text()


def test_an_evaluation_that_has_not_ended_is_noted(mtlue: Run, audit: Path) -> None:
    said = f"note: {audit}: this evaluation has not ended"
    assert said not in mtlue("table", audit).err
    write_json(audit / "planned.json", {"records": 4})
    assert said in " ".join(mtlue("table", audit).err.split("\n"))
    assert "results.json: this evaluation has not ended" in " ".join(mtlue("table", audit / "results.json").err.split())
    write_json(audit / "planned.json", {"records": 3})
    assert said not in mtlue("table", audit).err


def test_files_are_joined_and_repeats_are_noted(mtlue: Run, audit: Path, tmp_path: Path) -> None:
    later = replace(CLEAN, metrics={"left": {"accuracy": 0.5}}, train_images=8)
    write_records(tmp_path / "later.json", [later])
    done = mtlue("table", audit, tmp_path / "later.json", "--recovery", "--format", "csv")
    assert done.status == 0, done.err
    assert "the later one wins: clean (digits, mtl, seed 0, left)" in done.err
    assert "training images differ" in done.err
    means = {line["method"]: line["mean"] for line in csv.DictReader(done.out.splitlines())}
    assert means == {"clean": "1.0", "trivial": "0.0", "tap": "0.25", "em": "1.0"}


def test_what_cannot_be_used_is_named(mtlue: Run, audit: Path, tmp_path: Path) -> None:
    missing = mtlue("table", audit, tmp_path / "nowhere")
    assert (missing.status, "nowhere does not exist" in missing.err) == (2, True)
    unknown = mtlue("table", audit, "--metric", "auc")
    assert (unknown.status, "the metrics of these records" in unknown.err) == (2, True)
    assert mtlue("table", audit, "--format", "html").status == 2
    (tmp_path / "empty.json").write_text("[]")
    assert "no record" in mtlue("table", tmp_path / "empty.json").err
