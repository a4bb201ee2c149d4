"""A package outside mtlue adds a countermeasure with settings, and runs it through the command line and a grid."""

import json
import os
from pathlib import Path

import pytest

from forking import forked_mtlue

PLUGINS = Path(__file__).parents[2] / "plugins"
DATA = ("--dataset", "digits", "--limit-train", 40, "--limit-test", 20)
GRID = """
datasets: {digits: {limit_train: 40, limit_test: 20}}
methods: [clean]
setting: mtl
seed: 0
learner_epochs: 1
countermeasure: ["flattening:strength=0.25,floor=3", none]
"""


def run(*arguments: object) -> tuple[int, str]:
    path = os.pathsep.join([str(PLUGINS), os.environ.get("PYTHONPATH", "")])
    process = forked_mtlue(*arguments, variables={"MTLUE_PLUGINS": "flattening", "PYTHONPATH": path})
    out, err = process.communicate()
    assert process.returncode is not None
    return process.returncode, out + err


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("protected") / "p"
    status, said = run("protect", *DATA, "--out", out, "--method", "lsp-patch", "--seed", 0)
    assert status == 0, said
    return out


def countermeasures(path: Path) -> list[str]:
    return [row["learner"]["countermeasure"] for row in json.loads(path.read_text())]


def test_evaluate_runs_it_with_its_settings(protected: Path, tmp_path: Path) -> None:
    request = (
        "--protected",
        protected,
        "--out",
        tmp_path / "e",
        "--learner-epochs",
        1,
        "--seeds",
        1,
        "--settings",
        "mtl",
    )
    given = ("--countermeasures", "flattening:strength=0.25,floor=3", "flattening", "--compare", "clean")
    status, said = run("evaluate", *DATA, *request, *given)
    assert status == 0, said
    assert countermeasures(tmp_path / "e/results.json") == ["flattening:strength=0.25,floor=3", "flattening"]
    assert "flattening:strength=0.25,floor=3" in said


def test_a_grid_runs_it_with_its_settings(tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text(GRID)
    status, said = run("benchmark", tmp_path / "grid.yaml", "--out", tmp_path / "grid")
    assert status == 0, said
    assert countermeasures(tmp_path / "grid/results.json") == ["flattening:strength=0.25,floor=3", "none"]


def test_a_wrong_setting_is_named(protected: Path, tmp_path: Path) -> None:
    given = ("--countermeasures", "flattening:strength=2", "--out", tmp_path / "e", "--protected", protected)
    status, said = run("evaluate", *DATA, *given)
    assert status == 2
    assert "countermeasure flattening: strength 2: give 0 to 1" in said
