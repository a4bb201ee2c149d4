"""What commands print on a terminal of 80 columns fits it, but for paths, which stay whole."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from released_files import Run

from mtlue import Runtime
from mtlue.cli.commands import restore
from mtlue.cli.terminal import console
from mtlue.data.options import DataOptions
from mtlue.evaluation.learners import work
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.restore import RestoreResult
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods import MethodChoice

DATA = ("--dataset", "digits", "--limit-train", 40, "--limit-test", 40)
QUICK = ("--learner-epochs", 1, "--settings", "mtl", "--device", "cpu")
AUDIT = (*QUICK, "--more-seeds", 0)
RESTORED = RestoreResult(40, 1.0, 0.25, 8, native=False, lossless=True)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of few digits."""
    folder = tmp_path_factory.mktemp("released") / "p"
    data = DataOptions("digits", limit_train=40, limit_test=40)
    run_protect(ProtectRequest(data, folder, method=MethodChoice("lsp-patch"), seed=0), Runtime("cpu"))
    return folder


@pytest.fixture
def on_terminal(mtlue: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[str]]:
    """What a command prints on a terminal, in lines."""
    monkeypatch.setattr(work, "_SECONDS", 0.01)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(console.out, "width", 80)
    monkeypatch.setattr(console.out, "_force_terminal", True)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> list[str]:
        done = mtlue(*arguments)
        assert done.status == 0, done.err
        assert done.out
        return [line.rstrip() for line in done.out.splitlines()]

    return run


def check(lines: list[str], *paths: Path) -> None:
    """No line is too long, unless it holds a path."""
    assert not [line for line in lines if len(line) > 80 and not any(str(path) in line for path in paths)]


def test_inspect_and_verify(on_terminal: Callable[..., list[str]], out: Path) -> None:
    check(on_terminal("inspect", *DATA))
    check(on_terminal("verify", out / "release"), out)
    check(on_terminal("verify", out / "release", *DATA), out)


def test_restore(on_terminal: Callable[..., list[str]], out: Path) -> None:
    lines = on_terminal("restore", out / "private", out / "release", "--out", "clean", *DATA, "--device", "cpu")
    check(lines, out)


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("native", [True, False])
def test_sentences_of_restore_fill_their_lines(
    capsys: pytest.CaptureFixture[str], on_terminal: object, lossless: bool, native: bool
) -> None:
    console.out.print(restore._at_limits(replace(RESTORED, lossless=lossless, native=native)))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert all(len(f"{line} {after.split()[0]}") > 80 for line, after in pairwise(lines))
    assert ("apart from what the format changed" in " ".join(map(str.strip, lines))) is not lossless


def test_evaluate_table_and_report(on_terminal: Callable[..., list[str]], out: Path) -> None:
    check(on_terminal("evaluate", out, "--out", "e", *QUICK, "--seeds", 1))
    check(on_terminal("table", "e"))
    check(on_terminal("table", "e", "--per-task", "--recovery"))
    check(on_terminal("report", "e", "--out", "page.html"))


@pytest.mark.parametrize("selected", [("--only", "jpeg10", "grey"), ()])
def test_audit(on_terminal: Callable[..., list[str]], out: Path, tmp_path: Path, selected: tuple[str, ...]) -> None:
    lines = on_terminal("audit", out, "--out", tmp_path / "audit", *AUDIT, *selected)
    check(lines, tmp_path)
    assert any(line.startswith("recovery = (score") for line in lines)
    assert any(line.startswith("No recovery of 'left' (MTL)") for line in lines)
