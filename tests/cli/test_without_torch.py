"""A mistake in an option or a path, and a call for help, are answered before any large library is loaded."""

import json
from pathlib import Path

import pytest

from light import Light

FITTED = [{"kind": "categorical", "name": "kind", "classes": ["cat", "dog", "cow"]}]
DATA = ("--dataset", "table", "--data", "photos")


@pytest.fixture
def place(folder: Path) -> Path:
    """A folder that holds ``photos``, a file ``file`` and an empty release's place ``empty``."""
    (folder.parent / "file").write_text("x")
    (folder.parent / "grid.yaml").write_text("datasets: {mine: {dataset: table, data: gone}}\nmethods: [tap]\n")
    (folder.parent / "empty").mkdir()
    (folder.parent / "full").mkdir()
    (folder.parent / "full/thesis.doc").write_text("mine")
    return folder.parent


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("inspect", "--datset", "table"), "there is no option '--datset': did you mean --dataset?"),
        (("inspect",), "which images? Give the folder"),
        (("ui", "nowhere"), "--folder nowhere is not a folder"),
        (("inspect", "--dataset", "table", "--data", "nowhere"), "--data nowhere is not a folder (nothing is there)"),
        (("inspect", *DATA, "--labels", "none.csv"), "--labels none.csv is not a file"),
        (("inspect", *DATA, "--test-labels", "none.csv"), "--test-labels none.csv is not a file"),
        (("inspect", *DATA, "--tasks", "none.yaml"), "none.yaml is missing"),
        (("inspect", *DATA, "--test-fraction", "2"), "--test-fraction 2"),
        (("inspect", "--config", "none.yaml"), "none.yaml is missing"),
        (("protect", *DATA, "--out", "file"), "file is a file"),
        (("protect", *DATA, "--out", "full"), "full is not empty (thesis.doc)"),
        (("protect", *DATA, "--out", "/proc/mtlue"), "/proc/mtlue"),
        (("protect", *DATA, "--out", "photos/out"), "--out photos/out lies inside --data photos"),
        (("protect", *DATA, "--out", "new", "--epsilon", "many"), "--epsilon many: not a number"),
        (("protect", *DATA, "--out", "new", "--method", "magic"), "unknown method 'magic'"),
        (("protect", *DATA, "--out", "new", "--format", "jpeg"), "--lossy"),
        (("protect", *DATA, "--out", "new", "--seed", "x"), "--seed x: give a whole number from 0"),
        (("protect", *DATA, "--out", "new", "--fit-limit", "1"), "--fit-limit 1: give 2 or more"),
        (("apply", "empty", *DATA, "--out", "new"), "generator.json is missing"),
        (("verify", "empty"), "empty holds no whole release"),
        (("verify", "nowhere"), "nowhere does not exist"),
        (("evaluate", *DATA, "--out", "new", "--protected", "empty"), "empty holds no whole release"),
        (("evaluate", *DATA, "--out", "new", "--protected", "empty", "--seeds", "0"), "seeds 0"),
        (("evaluate", "--dataset", "table", "--data", "none", "--out", "o", "--protected", "empty"), "none is not a"),
        (("evaluate", *DATA, "--out", "o", "--protected", "nope", "--backbone", "resnet19"), "'resnet18'"),
        (("evaluate", *DATA, "--out", "o", "--protected", "nope", "--backbone", "resnet26"), "nope does not exist"),
        (("evaluate", *DATA, "--out", "o", "--protected", "nope", "--weighting", "lss"), "unknown weighting 'lss'"),
        (("evaluate", *DATA, "--out", "o", "--protected", "nope", "--weighting", "Pcgrad"), "nope does not exist"),
        (("analyse", *DATA, "--out", "new", "--protected", "empty"), "empty holds no whole release"),
        (("benchmark", "none.yaml"), "none.yaml is missing"),
        (("benchmark", "file"), "file"),
        (("benchmark", "grid.yaml"), "grid.yaml: dataset mine: data gone is not a folder"),
        (("benchmark", "grid.yaml", "--dry-run"), "grid.yaml: dataset mine: data gone is not a folder"),
        (("report", "empty"), "empty holds no results.json"),
        (("table", "empty"), "empty holds no results.json"),
        (("table", "nowhere"), "nowhere does not exist: give the folder that evaluate or benchmark wrote"),
        (("doctor", "--foo"), "there is no option '--foo'"),
        (
            ("protect", *DATA, "--out", "new", "--limit-train", "abc"),
            "--limit-train abc: not a whole number; give digits",
        ),
        (("demo", "--epsilon", "0"), "epsilon 0 is out of range"),
    ],
)
def test_a_mistake_is_answered_before_torch_is_imported(
    light: Light, place: Path, arguments: tuple[str, ...], message: str
) -> None:
    refused = light(place, *arguments)
    assert message in refused.stderr
    assert refused.stdout == "heavy:\n"
    assert refused.returncode == 2
    (line,) = refused.stderr.splitlines()
    assert line.startswith(f"mtlue {arguments[0]}: ")


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (
            ("protect", *DATA, "--out", "new", "--config", "options.yaml"),
            (
                "--config options.yaml: unknown method 'tapp'",
                "--config options.yaml: there is no option 'epsilonn'",
                "--config options.yaml: --limit-train x: not a whole number",
            ),
        ),
        (
            ("evaluate", "--dataset", "digits", "--protected", "nope", "--countermeasures", "jpg:quality=50"),
            ("nope does not exist", "--out is required", "unknown countermeasure 'jpg'"),
        ),
        (("analyse", "--dataset", "digits", "--protected", "nope"), ("nope does not exist", "--out is required")),
        (("evaluate", "--data", "gone"), ("--protected is required", "--out is required", "gone is not a folder")),
        (("analyse", "--labels", "gone.csv"), ("--protected is required", "--out is required")),
        (("protect", "--dataset", "table", "--data", "gone"), ("--data gone is not a folder", "--out is required")),
    ],
)
def test_all_mistakes_in_options_and_paths_are_answered_at_once(
    light: Light, place: Path, arguments: tuple[str, ...], messages: tuple[str, ...]
) -> None:
    (place / "options.yaml").write_text("method: tapp\nepsilonn: 8\nlimit-train: x\n")
    refused = light(place, *arguments)
    assert refused.returncode == 2
    assert refused.stdout == "heavy:\n"
    assert f"{len(messages)} things are wrong" in refused.stderr
    assert [message for message in messages if message not in refused.stderr] == []


@pytest.mark.parametrize(
    "command",
    [("protect", "--out", "new"), ("apply", "private", "--out", "new"), ("verify", "release")],
    ids=lambda command: command[0],
)
def test_all_that_is_wrong_with_a_table_is_said_at_once(light: Light, place: Path, command: tuple[str, ...]) -> None:
    for folder, file, content in (("private", "generator.json", {"tasks": FITTED}), ("release", "manifest.json", {})):
        (place / folder).mkdir()
        (place / folder / file).write_text(json.dumps(content))
    table = place / "photos/labels.csv"
    rows = table.read_text().splitlines()
    table.write_text("\n".join([*rows, rows[1], rows[2]]) + "\n")
    refused = light(place, *command, *DATA)
    assert refused.returncode == 2
    assert refused.stdout in ("heavy:\n", "heavy: pandas\n")  # which reads the table
    assert all(row.split(",")[0] in refused.stderr for row in rows[1:3]), refused.stderr


@pytest.mark.parametrize(
    "command", ["inspect", "protect", "apply", "verify", "audit", "evaluate", "benchmark", "table", "demo"]
)
def test_help_is_shown_before_torch_is_imported(light: Light, tmp_path: Path, command: str) -> None:
    shown = light(tmp_path, command, "--help")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.endswith("heavy:\n")
