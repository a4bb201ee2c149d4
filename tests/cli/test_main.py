import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import mtlue as package
from conftest import Outcome
from mtlue.cli import COMMANDS
from mtlue.cli.accounts import print_account
from mtlue.cli.names import REGISTRIES
from mtlue.data.listing import FileNote

Run = Callable[..., Outcome]


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
    listed = shown.partition(f"Names of --{option}: ")[2].partition(".")[0].replace("- ", "-").split(", ")
    assert set(registry) <= set(listed)


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
    assert "all well" in checked.out


def test_doctor_knows_mixed_wheels(mtlue: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        if name == "torchvision":
            raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr("mtlue.cli.doctor.import_module", broken)
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
