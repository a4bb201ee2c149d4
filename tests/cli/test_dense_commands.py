"""Labels of pixels through the commands: embedded scenes, NYUv2's layout."""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from conftest import MAP_SIZE, Outcome, write_nyuv2

Run = Callable[..., Outcome]
SCENES = ("--dataset", "scenes", "--limit-train", 24, "--limit-test", 8)
QUICK_FIT = ("--epochs", 1, "--surrogate-epochs", 1, "--fit-batch-size", 8)
QUICK = ("--seeds", 1, "--learner-epochs", 1, "--batch-size", 8)


def test_scenes_from_protect_to_the_report(mtlue: Run, tmp_path: Path) -> None:
    out, audit = tmp_path / "out", tmp_path / "audit"
    done = mtlue("protect", *SCENES, "--out", out)
    assert done.status == 0, done.err
    assert "method: joint-code" in done.err
    assert json.loads((out / "private/config.json").read_text())["method"] == "joint-code"
    proof = mtlue("verify", out, *SCENES)
    assert proof.status == 0, proof.out + proof.err
    done = mtlue("evaluate", *SCENES, "--protected", out, "--out", audit, *QUICK, "--stl-tasks", "solid", "pitch")
    assert done.status == 0, done.err
    records = json.loads((audit / "results.json").read_text())
    assert {task for record in records for task in record["metrics"]} == {
        "solid",
        "depth",
        "normals",
        "count",
        "largest",
        "pitch",
    }
    assert [len(record["metrics"]) for record in records] == [6, 6, 6, 1, 1, 1, 1, 1, 1]
    assert mtlue("report", audit, "--protected", out, *SCENES).status == 0
    for renderer in ("terminal", "markdown", "latex", "csv"):
        assert mtlue("table", audit, "--recovery", "--format", renderer).status == 0


def test_options_of_the_generator_are_refused_where_auto_takes_another_method(mtlue: Run, tmp_path: Path) -> None:
    done = mtlue("protect", *SCENES, *QUICK_FIT, "--out", tmp_path / "out")
    assert done.status == 2
    assert "joint-code has no setting --" in done.err
    assert "--method tap" in done.err
    assert not (tmp_path / "out").exists()


def test_auto_takes_the_generator_where_no_protected_task_is_dense(mtlue: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = mtlue("protect", *SCENES, *QUICK_FIT, "--unprotected", "solid", "depth", "normals", "--out", out)
    assert done.status == 0, done.err
    assert json.loads((out / "private/config.json").read_text())["method"] == "tap"
    chosen = (*QUICK, "--settings", "mtl", "--compare", "protected")
    done = mtlue("evaluate", *SCENES, "--protected", out, "--out", tmp_path / "audit", *chosen)
    assert done.status == 0, done.err
    (record,) = json.loads((tmp_path / "audit/results.json").read_text())
    assert record["unprotected"] == ["solid", "depth", "normals"]


def test_new_scenes_need_no_training_and_a_damaged_map_is_noticed(mtlue: Run, tmp_path: Path) -> None:
    out, more = tmp_path / "out", tmp_path / "more"
    assert mtlue("protect", *SCENES, "--epochs", 1, "--method", "em", "--out", out).status == 0
    done = mtlue("apply", out / "private", *SCENES, "--data-seed", 1, "--out", more)
    assert done.status == 0, done.err
    table = pd.read_csv(more / "release/metadata.csv")
    mask = more / "release" / table["solid"][0]
    other = more / "release" / table["solid"][1]
    mask.write_bytes(other.read_bytes())
    proof = mtlue("verify", more, *SCENES, "--data-seed", 1)
    assert proof.status != 0
    assert table["solid"][0] in proof.out + proof.err


def test_nyuv2_runs_end_to_end(mtlue: Run, tmp_path: Path) -> None:
    data = ("--dataset", "nyuv2", "--data", write_nyuv2(tmp_path / "nyuv2", 8, 4), "--size", *MAP_SIZE)
    out = tmp_path / "out"
    done = mtlue("protect", *data, *QUICK_FIT, "--out", out, "--method", "sep")
    assert done.status == 0, done.err
    assert mtlue("verify", out, *data).status == 0
    recipe = ("--learner-recipe", "nyuv2", *QUICK, "--settings", "mtl", "--weighting", "uw", "--compare", "protected")
    done = mtlue("evaluate", *data, "--protected", out, "--out", tmp_path / "audit", *recipe)
    assert done.status == 0, done.err
    (record,) = json.loads((tmp_path / "audit/results.json").read_text())
    assert set(record["metrics"]) == {"segmentation", "depth", "normals"}
