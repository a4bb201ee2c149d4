"""Methods of other packages: by decorator and by entry point, through every command, with their own settings."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from conftest import Outcome
from mtlue import InputError, Protector
from mtlue.methods import METHODS

PLUGINS = Path(__file__).parents[1] / "plugins"
SOURCE = Path(__file__).parents[2] / "src"
GRID = """
datasets: {digits: {limit_train: 40, limit_test: 20}}
methods: {clean: {}, narrow: {method: stripes}, wide: {method: waves, width: 5}}
settings: [mtl]
seeds: 1
learner_epochs: 1
"""

Run = Callable[..., Outcome]


@pytest.fixture
def other_packages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """``stripes`` by ``MTLUE_PLUGINS``, ``waves`` by an entry point; afterwards the registry is as it was."""
    monkeypatch.syspath_prepend(PLUGINS)
    monkeypatch.setenv("MTLUE_PLUGINS", "stripes")
    monkeypatch.setattr(METHODS, "_classes", {})
    point = EntryPoint("waves", "waves:Waves", "mtlue.methods")
    monkeypatch.setattr("mtlue.plugins._installed", lambda: EntryPoints([point]))
    vars(METHODS).pop("_others", None)
    yield
    vars(METHODS).pop("_others", None)
    for module in ("stripes", "waves"):
        sys.modules.pop(module, None)


@pytest.mark.usefixtures("other_packages")
def test_a_method_of_another_package_runs_through_every_command(mtlue: Run, tmp_path: Path) -> None:
    data = ("--dataset", "digits", "--limit-train", 40, "--limit-test", 20)
    done = mtlue("protect", *data, "--method", "stripes", "--width", 3, "--out", tmp_path / "out")
    assert done.status == 0, done.err
    assert json.loads((tmp_path / "out/private/config.json").read_text())["config"] == {"width": 3}
    assert Protector.load(tmp_path / "out/private").settings.to_json() == {"width": 3}
    applied = mtlue("apply", tmp_path / "out/private", *data, "--out", tmp_path / "applied")
    assert applied.status == 0, applied.err
    assert mtlue("verify", tmp_path / "applied", *data).status == 0
    assert "of a stripe in pixels" in mtlue("protect", "--method", "stripes", "--help").out


@pytest.mark.usefixtures("other_packages")
def test_a_fitted_method_asks_for_its_package(mtlue: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ("--dataset", "digits", "--limit-train", 20, "--limit-test", 10)
    assert mtlue("protect", *data, "--method", "stripes", "--out", tmp_path / "out").status == 0
    monkeypatch.setenv("MTLUE_PLUGINS", "")
    monkeypatch.setattr(METHODS, "_classes", {})
    done = mtlue("apply", tmp_path / "out/private", *data, "--out", tmp_path / "applied")
    assert done.status == 2
    assert "method 'stripes' is from another package" in done.err
    assert "MTLUE_PLUGINS" in done.err
    assert not (tmp_path / "applied").exists()


@pytest.mark.usefixtures("other_packages")
def test_a_grid_takes_them_with_their_settings(mtlue: Run, tmp_path: Path) -> None:
    (tmp_path / "grid.yaml").write_text(GRID)
    done = mtlue("benchmark", tmp_path / "grid.yaml", "--out", tmp_path / "grid")
    assert done.status == 0, done.err
    labels = {record["label"] for record in json.loads((tmp_path / "grid/results.json").read_text())}
    assert {"narrow", "wide"} < labels


@pytest.mark.usefixtures("other_packages")
@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("stripes", {"width": 0}, "method stripes: width 0: give 1 or more"),
        ("waves", {"widht": 3}, "method waves: unknown setting 'widht': did you mean 'width'"),
        ("lsp-patch", {"width": 3}, "method lsp-patch has no setting width, a setting of waves, stripes"),
        ("stripe", {}, "unknown method 'stripe': did you mean 'stripes'"),
    ],
)
def test_mistakes_are_named_as_for_methods_of_this_package(name: str, settings: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Protector(name, settings=settings)


def test_the_program_imports_what_the_environment_names(tmp_path: Path) -> None:
    environment = {**os.environ, "MTLUE_PLUGINS": "stripes", "PYTHONPATH": f"{PLUGINS}{os.pathsep}{SOURCE}"}
    data = ["--dataset", "digits", "--limit-train", "20", "--limit-test", "10"]
    command = ["-m", "mtlue", "protect", *data, "--method", "stripes", "--width", "4", "--out", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "out/private/config.json").read_text())["method"] == "stripes"
