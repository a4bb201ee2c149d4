"""The point of it all, on a smaller setting than the demo's: learners fail on protected images, not on noised ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Outcome
from mtlue.evaluation.records import read_records
from mtlue.report.evaluations.rows import task_rows
from mtlue.report.records.sorting import SortedRecords

Run = Callable[..., Outcome]


@pytest.mark.long
def test_the_demo_makes_digits_unlearnable(mtlue: Run, tmp_path: Path) -> None:
    small = ("--train-images", 1200, "--test-images", 400, "--epochs", 6, "--settings", "mtl", "--learner-epochs", 18)
    done = mtlue("demo", "--out", tmp_path, *small)
    assert done.status == 0, done.err
    assert f"report: {tmp_path / 'report.html'}" in done.out.splitlines()[-1]
    rows = task_rows(SortedRecords.of(read_records(tmp_path / "evaluation/results.json")))
    assert {row.task for row in rows} == {"left", "right"}
    for row in (row for row in rows if row.headline):
        assert row.clean.value.mean > 0.6, row
        assert row.noise_recovery.value.mean > 0.85, row
        assert row.recovery.value.mean < 0.3, row
    page = (tmp_path / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 18  # six images, before and after and the difference
    assert "http" not in page.replace("http-equiv", "")
    assert mtlue("verify", tmp_path / "protected", "--dataset", "digits").status == 0
