"""Long sentences: wrapped at 80 columns on a terminal, whole in files and pipes."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mtlue.cli.process import say
from mtlue.cli.telling.fidelity_table import print_fidelity
from mtlue.cli.terminal.console import Console, typed
from mtlue.cli.terminal.wrapping import wrapped
from mtlue.fidelity.record import Fidelity, ImageFidelity

SENTENCE = "note: " + "a sentence that says what to do, and then says it again; " * 4


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def printed(text: str, terminal: bool, **options: bool) -> list[str]:
    file = Terminal() if terminal else io.StringIO()
    Console(file=file, force_terminal=terminal, color_system=None).print(text, **options)
    return file.getvalue().splitlines()


def test_a_terminal_gets_lines_of_80_columns_and_a_file_one() -> None:
    lines = printed(SENTENCE, terminal=True)
    assert max(map(len, lines)) <= 80
    assert len(lines) == 3
    assert all(line.startswith("  ") for line in lines[1:])
    assert " ".join(" ".join(lines).split()) == SENTENCE.strip()
    assert printed(SENTENCE, terminal=False) == [SENTENCE]
    assert printed(SENTENCE, terminal=True, soft_wrap=True) == [SENTENCE]


def test_a_narrow_terminal_gets_narrow_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert max(map(len, printed(SENTENCE, terminal=True))) <= 40


def test_what_is_to_be_copied_stays_whole() -> None:
    path = "/" + "folder-with-a-name/" * 8
    assert path in printed(f"open {path} in a browser", terminal=True)[1]
    assert wrapped("short") == ["short"]
    assert wrapped("") == [""]


def test_indented_lines_stay_indented() -> None:
    first, second = wrapped("    " + "word " * 20)
    assert first.startswith("    word")
    assert second.startswith("      word")


def test_what_is_said_after_a_protection_fits_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output is wrapped as standard error is; a folder that is to be copied stays whole."""
    screen = Terminal()
    monkeypatch.setattr(
        "mtlue.cli.telling.fidelity_table.out", Console(file=screen, force_terminal=True, color_system=None)
    )
    names = [f"images/a name of a photo {number}.jpg" for number in range(5)]
    images = tuple(ImageFidelity(name, 32.3, 0.9, 5.6, 4.3, 4.4, 2.4) for name in names)
    print_fidelity(Fidelity(5, 5, 0, images))
    lines = screen.getvalue().splitlines()
    assert any(line.startswith("largest CIEDE2000: ") for line in lines)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("terminal", [True, False])
def test_a_path_in_a_file_or_as_a_line_of_its_own_is_never_folded(terminal: bool) -> None:
    path = "publish: /" + "folder with a name/" * 20
    assert printed(path, terminal, soft_wrap=True) == [path]
    assert printed(path, terminal=False) == [path]


@pytest.mark.parametrize(("path", "shown"), [("out", "out"), ("my photos", "'my photos'"), ("a'b", "'a'\"'\"'b'")])
def test_a_path_in_a_command_can_be_pasted(path: str, shown: str) -> None:
    assert typed(Path(path)) == shown


def test_names_cannot_break_lines_or_act(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed("note: a\nb\x1b[31m " + "word " * 30, terminal=True)
    assert lines[0].startswith("note: a\\nb\\x1b[31m")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    say("mtlue: " + "word " * 30)
    assert max(map(len, terminal.getvalue().splitlines())) <= 80


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_an_error_in_a_real_terminal(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    missing = tmp_path / ("a" * 60)
    with subprocess.Popen([sys.executable, "-m", "mtlue", "inspect", missing], stderr=theirs) as process:
        process.wait()
    os.close(theirs)
    lines = os.read(ours, 10_000).decode().split("\r\n")
    os.close(ours)
    assert process.returncode == 2
    assert len(lines) > 2
    assert all(len(line) <= 80 or str(missing) in line for line in lines)
