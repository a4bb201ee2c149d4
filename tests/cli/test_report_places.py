"""report and table say what a place is that holds no records of an evaluation, and which command is meant."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Outcome
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.records import Record, write_records

Run = Callable[..., Outcome]
RECORD = Record(
    dataset="digits", condition="clean", learner=Learner(tasks=("left",)), method=None, epsilon=None,
    metrics={"left": {"accuracy": 0.9}}, trivial={"left": {"accuracy": 0.1}}, directions={"left": {"accuracy": True}},
    headline={"left": "accuracy"}, train_images=10, test_images=5, seconds=1.0,
)  # fmt: skip


def refused(done: Outcome) -> str:
    assert done.status == 2, done
    return done.err


@pytest.mark.parametrize("command", ["report", "table"])
def test_a_release_is_to_be_evaluated_first_and_its_audit_has_a_page(mtlue: Run, out: Path, command: str) -> None:
    for release in (out, out / "release"):
        text = refused(mtlue(command, release))
        assert f"{release} is a release, and holds no evaluation of it: evaluate or audit it first" in text
        clean, place = ("", "") if release == out else (" --data CLEAN", " --data CLEAN --out AUDIT")
        assert f"(mtlue evaluate {release}{clean} --out EVALUATION, or mtlue audit {release}{place}, which" in text
    audit = out / "audit"
    audit.mkdir()
    (audit / "unfinished.json").touch()
    assert f"{audit} is what an audit wrote that has not ended" in refused(mtlue(command, audit))
    (audit / "audit.json").write_text("{}")
    assert "the same audit again makes its page, audit.html" in refused(mtlue(command, audit))
    (audit / "audit.html").touch()
    assert f"its tables are on its page already, {audit / 'audit.html'}" in refused(mtlue(command, audit))
    text = refused(mtlue(command, out))
    assert f"the page of its audit is {audit / 'audit.html'}" in text
    assert f"evaluate it (mtlue evaluate {out} --out EVALUATION)" in text


@pytest.mark.parametrize("command", ["report", "table"])
def test_other_places_are_named_as_what_they_are(mtlue: Run, tmp_path: Path, folder: Path, command: str) -> None:
    nowhere = tmp_path / "h/nowhere"
    assert f"{nowhere} does not exist: give the folder that evaluate or benchmark wrote" in (
        refused(mtlue(command, nowhere))
    )
    assert f"{folder} holds no results.json: give the folder" in refused(mtlue(command, folder))
    (folder / "cells").mkdir()
    assert "holds a run that has finished no learner yet" in refused(mtlue(command, folder))


def test_files(mtlue: Run, tmp_path: Path) -> None:
    records = tmp_path / "results.json"
    write_records(records, [RECORD])
    assert f"{records} is a file, not a folder: give the folder {tmp_path}, which holds it" in (
        refused(mtlue("report", records))
    )
    assert mtlue("table", records).status == 0
    (tmp_path / "audit.json").touch()
    assert "audit.json is what an audit found" in refused(mtlue("table", tmp_path / "audit.json"))
    assert f"{tmp_path / 'gone'} does not exist" in refused(mtlue("report", tmp_path, "--protected", tmp_path / "gone"))
