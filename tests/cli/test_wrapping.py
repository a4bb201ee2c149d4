"""Long sentences on standard error: wrapped at 80 columns on a terminal, whole in files and pipes."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mtlue.cli.console import Messages
from mtlue.cli.process import say
from mtlue.cli.wrapping import wrapped

SENTENCE = "note: " + "a sentence that says what to do, and then says it again; " * 4


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def printed(text: str, terminal: bool, **options: bool) -> list[str]:
    file = Terminal() if terminal else io.StringIO()
    Messages(file=file, soft_wrap=True, force_terminal=terminal, color_system=None).print(text, **options)
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
