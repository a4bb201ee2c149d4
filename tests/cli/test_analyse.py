import json
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from conftest import Outcome, save_image, write_table

Run = Callable[..., Outcome]
DIGITS = ("--dataset", "digits", "--limit-train", 200, "--limit-test", 50)
QUICK = ("--learner-epochs", 1, "--plot-images", 40)


def protect_with(mtlue: Run, out: Path, *arguments: object) -> Path:
    done = mtlue("protect", *arguments, "--out", out, "--method", "noise")
    assert done.status == 0, done.err
    return out


def test_spreads_table_and_figure(mtlue: Run, tmp_path: Path) -> None:
    out = tmp_path / "a"
    protected = protect_with(mtlue, tmp_path / "protected", *DIGITS)
    other = protect_with(mtlue, tmp_path / "fainter", *DIGITS, "--epsilon", 4)
    done = mtlue("analyse", *DIGITS, "--protected", protected, other, "--out", out, "--seeds", 2, *QUICK)
    assert done.status == 0, done.err
    for release in (protected, other):
        assert f"of {release}: done" in done.err.replace("\n", "")
    analysis = json.loads((out / "analysis.json").read_text())
    kinds = ["clean", "noise (protected)", "noise (fainter)"]
    assert list(analysis["images"]) == kinds
    assert [its["epsilon"] for its in analysis["images"].values()] == [None, 8, 4]
    assert len(analysis["tasks"]) == 2 * 3 * 2  # seeds x kinds of images x tasks
    assert len(analysis["classes"]) == 2 * 3 * 2 * 10
    assert {"images", "seed", "task", "label", "count", "spread", "relative"} == set(analysis["classes"][0])
    assert analysis["train_images"] == sum(its["count"] for its in analysis["classes"][:10]) == 200
    assert analysis["left_out"] == []
    assert {"recipe", "seeds", "backbone", "versions"} <= set(analysis)
    with Image.open(out / "features.png") as figure:
        figure.load()
        assert figure.width > figure.height > 300
    for text in (*kinds, "left", "right", "largest", "±", "analysis.json", "features.png"):
        assert text in done.out
    assert sorted(path.name for path in out.iterdir()) == ["analysis.json", "cells", "features.png", "locks"]


def test_an_analysis_of_other_releases_is_not_replaced(mtlue: Run, tmp_path: Path) -> None:
    one, two = (protect_with(mtlue, tmp_path / name, *DIGITS) for name in ("one", "two"))
    out, path = ("--out", tmp_path / "a"), tmp_path / "a/analysis.json"
    assert mtlue("analyse", *DIGITS, "--protected", one, *out, *QUICK).status == 0
    before = path.read_bytes()
    refused = mtlue("analyse", *DIGITS, "--protected", two, *out, *QUICK)
    assert refused.status == 2
    assert "analysis.json is an analysis of other releases (noise): name another folder (--out)" in refused.err
    assert path.read_bytes() == before
    assert mtlue("analyse", *DIGITS, "--protected", one, two, *out, *QUICK).status == 0


def test_numbers_are_left_out_and_rare_classes_named(mtlue: Run, tmp_path: Path) -> None:
    root = tmp_path / "photos"
    rows = []
    for i in range(12):
        save_image(root / f"{i}.png", seed=i)
        kind = "owl_$x" if i == 0 else ["cat", "dog", ""][i % 3]
        mark = {1: "x", 2: "y"}.get(i, "")
        split = "train" if i < 10 else "test"
        rows.append({"file": f"{i}.png", "kind": kind, "mark": mark, "weight": i * 1.5, "split": split})
    write_table(root, rows)
    (tmp_path / "tasks.yaml").write_text("tasks:\n  weight: {kind: regression}\n")
    data = ("--dataset", "table", "--data", root, "--tasks", tmp_path / "tasks.yaml", "--split-column", "split")
    release = protect_with(mtlue, tmp_path / "p", *data)
    done = mtlue("analyse", *data, "--protected", release, "--out", tmp_path / "a", "--batch-size", 4, *QUICK)
    assert done.status == 0, done.err
    assert "weight (regression" in done.err
    assert "kind 'owl_$x'" in done.err
    analysis = json.loads((tmp_path / "a/analysis.json").read_text())
    assert {row["label"] for row in analysis["classes"]} == {"cat", "dog"}
    assert len(analysis["left_out"]) == 4  # and both marks: a task without a row
    assert (tmp_path / "a/features.png").is_file()


def test_wrong_input_is_named(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    def refused(*arguments: object) -> str:
        outcome = mtlue("analyse", *data, *arguments, "--out", tmp_path / "a")
        assert outcome.status in (1, 2)
        assert "Traceback" not in outcome.err
        assert not (tmp_path / "a/analysis.json").exists()
        return outcome.err

    data = ("--dataset", "table", "--data", folder)
    release = protect_with(mtlue, tmp_path / "release of all", *data)
    fewer = protect_with(mtlue, tmp_path / "fewer", *data, "--limit-train", 5)
    one_task = protect_with(mtlue, tmp_path / "one", *data, "--tasks", "tone")
    smaller = protect_with(mtlue, tmp_path / "smaller", *data, "--size", 16)
    assert "differ in their training images" in refused("--protected", release, fewer)
    assert "differ in their tasks" in refused("--protected", release, one_task)
    assert "differ in their size or crop" in refused("--protected", release, smaller)
    assert "twice" in refused("--protected", release, f"{release}/")
    assert "does not exist" in refused("--protected", release, tmp_path / "nowhere")
    assert "--plot-images 1" in refused("--protected", release, "--plot-images", 1)
    assert "--protected is required" in refused()


def test_no_release_at_all_is_refused(mtlue: Run, tmp_path: Path) -> None:
    done = mtlue("analyse", "--protected", "--out", tmp_path / "x")
    assert done.status == 2
    assert "--protected lacks its value" in done.err
