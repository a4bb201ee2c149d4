import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import mtlue as package
from conftest import Outcome
from mtlue.cli import COMMANDS
from mtlue.cli.parsing.names import CHOICES, REGISTRIES, known_settings
from mtlue.cli.telling.accounts import print_account
from mtlue.data.listing import FileNote
from mtlue.evaluation.countermeasures import COUNTERMEASURES, Countermeasure
from mtlue.registry import Row, Settings, field_help

Run = Callable[..., Outcome]


@dataclass(frozen=True)
class PurifierSettings(Settings):
    """How much is purified.

    Args:
        epochs: passes.
        fast: whether it hurries.
    """

    epochs: int = 4
    fast: bool = True


class Purifier(Countermeasure):
    """One of another package."""

    Settings = PurifierSettings
    needs = "a large model"


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_explains_itself(mtlue: Run, command: str) -> None:
    shown = mtlue(command, "--help")
    assert shown.status == 0
    assert "usage: mtlue " + command in shown.out


@pytest.mark.parametrize(
    ("command", "option"),
    [("protect", "method"), ("protect", "dataset"), ("evaluate", "weighting"), ("evaluate", "countermeasures")],
)
def test_help_lists_the_rows_of_the_registry(mtlue: Run, command: str, option: str) -> None:
    registry, _ = REGISTRIES[option]
    shown = " ".join(mtlue(command, "--help").out.split())
    listed = shown.partition(f"Values of --{option}: ")[2].partition(".")[0].replace("- ", "-").split(", ")
    assert set(registry) <= set(listed)


@pytest.mark.parametrize("command", ["protect", "audit", "evaluate"])
def test_help_breaks_no_name_at_its_hyphen(mtlue: Run, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in ("60", "80", "100"):
        monkeypatch.setenv("COLUMNS", columns)
        lines = mtlue(command, "--help").out.splitlines()
        assert [line for line in lines if line.endswith("-")] == []


def test_help_lists_settings_with_their_defaults_and_needs(mtlue: Run) -> None:
    shown = " ".join(mtlue("evaluate", "--help").out.split())
    assert re.search(r"\(several: [a-z-]+:\w+=[^ ,]+,\w+=[^ ,]+\)", shown)
    assert "short: jpeg10 is jpeg:quality=10, jpeg30 is" in shown
    assert "jpeg:quality=10 (1..100; the paper's is 10)" in shown
    assert "adversarial needs compute" in shown
    assert "Settings of --dataset" in shown
    assert "shards:pattern=" in shown
    shown = " ".join(mtlue("protect", "--method", "tap", "--help").out.split())
    assert "Settings of --against, with their defaults (several: bits:depth=2,most=4)" in shown


@pytest.mark.parametrize("option", list(CHOICES))
def test_help_describes_every_setting(option: str) -> None:
    registry = CHOICES[option]
    shown = known_settings([option], 1000)
    for name in registry.rows:
        for setting, text in field_help(registry.settings(name)).items():
            assert any(
                line.startswith(f"  {name}:{setting}=") and text.removesuffix(".") in line
                for line in shown.splitlines()
            )


def test_help_shows_the_settings_of_other_packages_and_which_are_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(COUNTERMEASURES, "_classes", {"purifier": Purifier})
    monkeypatch.setitem(COUNTERMEASURES._rows, "broken", Row("no_such_module:Thing"))
    lines = known_settings(["countermeasures"], 1000).splitlines()
    assert "  purifier:epochs=4 (passes)" in lines
    assert "  purifier:fast=true (whether it hurries)" in lines
    assert "  purifier needs a large model" in lines
    assert any(line.startswith("  broken: countermeasure 'broken' (no_such_module:Thing) cannot be") for line in lines)


def test_the_overview_names_every_command(mtlue: Run) -> None:
    shown = mtlue("--help")
    assert shown.status == 0
    assert all(command in shown.out for command in COMMANDS)
    assert package.__version__ in mtlue("--version").out


def test_unknown_commands_and_flags_are_refused(mtlue: Run) -> None:
    assert mtlue("protct").status == 2
    refused = mtlue("protect", "--dataset", "digits", "--out", "x", "--colour", "red")
    assert refused.status == 2
    assert not Path("x").exists()


def test_flags_with_hyphens_lists_and_config_files(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(f"dataset: table\ndata: {folder}\nmethod: noise\nepsilon: 3\n")
    first = mtlue("protect", "--config", tmp_path / "mine.yaml", "--out", tmp_path / "a", "--tasks", "tone", "kind")
    assert first.status == 0, first.err
    header = (tmp_path / "a/release/metadata.csv").read_text().splitlines()[0]
    assert header == "file_name,id,split,tone,kind"
    second = mtlue(
        "protect", "--config", tmp_path / "mine.yaml", "--out", tmp_path / "b", "--tasks=tone", "--size=16,20"
    )
    assert second.status == 0, second.err
    assert "20x16 pixels" in second.out


def test_nothing_heavy_is_imported_before_a_command_needs_it() -> None:
    code = "import sys, mtlue, mtlue.cli; mtlue.cli.main(['--help']); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_doctor_finds_this_installation_well(mtlue: Run) -> None:
    checked = mtlue("doctor")
    assert checked.status == 0
    assert "all checks passed" in checked.out


def test_doctor_knows_mixed_wheels(mtlue: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        if name == "torchvision":
            raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr("mtlue.cli.commands.doctor.import_module", broken)
    checked = mtlue("doctor")
    assert checked.status == 1
    assert "pip install torch torchvision together" in checked.err


def test_notes_that_say_the_same_of_many_files_are_one(capsys: pytest.CaptureFixture[str]) -> None:
    same = [FileNote(f"a: {number}.png", "in colour: its grey is used") for number in range(40)]
    columns = [f"column '{name}': not protected" for name in "abcdef"]
    print_account([], [*same, FileNote("a.png", "animated"), FileNote("b.png", "animated"), *columns])
    assert capsys.readouterr().err.splitlines() == [
        "note: a: 0.png and 39 more files, listed in private/training.json: in colour: its grey is used",
        "note: a.png: animated",
        "note: b.png: animated",
        *(f"note: {column}" for column in columns),
    ]
