"""Names, classes and files that are full of what terminals, pages, formulas and rich would take for commands."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from conftest import Outcome, save_image, write_table
from mtlue.cli import main
from mtlue.cli.terminal.console import Bars, Console
from mtlue.cli.terminal.screen import screened
from test_visible import obeyed

Run = Callable[..., Outcome]
CLASSES = (
    "[/a]",
    "[unknown]",
    ":smile:",
    "$x^2",
    "\x1b[2Jwhole",
    "a\x08\x08b",
    "rtl\u202egnp",
    "😀 漢",
    "<b>&",
    "[red]",
)
SHOWN = (
    "[/a]",
    "[unknown]",
    ":smile:",
    "$x^2",
    r"\x1b[2Jwhole",
    r"a\x08\x08b",
    r"rtl\u202egnp",
    "😀 漢",
    "<b>&",
    "[red]",
)
TASK = "$\\frac{[/q] :fire:\x1b[1m"
SHOWN_TASK = "$\\frac{[/q] :fire:\\x1b[1m"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A table whose files, classes and task have such names."""
    root, rows = tmp_path / "photos [/x]", []
    for i in range(40):
        file = f"[b]{i}:heart:\x1b[31m.png"
        save_image(root / file, (20, 20), seed=i)
        rows.append({"file": file, TASK: CLASSES[i % len(CLASSES)], "tone": ["[dark]", "$light$"][i % 2]})
    (root / "bro\x07ken[z].png").write_bytes(b"no image")
    write_table(root, [*rows, {"file": "bro\x07ken[z].png", TASK: CLASSES[0], "tone": "[dark]"}])
    return root


def inert(done: Outcome) -> str:
    """What was printed, which acts on no terminal."""
    assert done.status == 0, done.err
    printed = done.out + done.err
    assert not [c for c in printed if obeyed(c) and c != "\n"]
    return printed


def test_inspect_shows_them_as_they_are(mtlue: Run, hostile: Path, tmp_path: Path) -> None:
    shown = inert(mtlue("inspect", "--dataset", "table", "--data", hostile, "--sheet", tmp_path / "sheet.png"))
    assert SHOWN_TASK in shown
    assert all(name in shown for name in SHOWN)
    assert r"bro\x07ken[z].png" in shown
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert min(sheet.size) > 200


def test_every_step_of_the_way_takes_them(mtlue: Run, hostile: Path, tmp_path: Path) -> None:
    data, out = ("--dataset", "table", "--data", hostile), tmp_path / "out [y]"
    shown = inert(mtlue("protect", *data, "--out", out, "--method", "lsp-patch"))
    assert SHOWN_TASK in shown
    assert "out [y]" in shown
    assert "whole and unchanged" in inert(mtlue("verify", out, *data))
    learners = ("--learner-epochs", 1, "--seeds", 1, "--settings", "stl")
    shown = inert(mtlue("evaluate", *data, "--protected", out, "--out", tmp_path / "e", *learners))
    assert f"learner stl {SHOWN_TASK} on clean" in shown
    inert(mtlue("report", tmp_path / "e", "--protected", out, *data))
    page = (tmp_path / "e/report.html").read_text()
    assert SHOWN_TASK in page
    assert "\x1b" not in page
    for form in ("terminal", "markdown", "latex", "csv"):
        shown = inert(mtlue("table", tmp_path / "e", "--format", form, "--per-task"))
        assert "[1m" in shown or "{[}1m" in shown
        inert(mtlue("table", tmp_path / "e", "--format", form, "--per-task", "--out", tmp_path / f"table.{form}"))
        assert form == "csv" or "\x1b" not in (tmp_path / f"table.{form}").read_text()
    analysed = ("--protected", out, "--out", tmp_path / "a", "--learner-epochs", 1)
    assert SHOWN_TASK in inert(mtlue("analyse", *data, *analysed))


def test_a_label_stays_what_it_is_in_the_release(mtlue: Run, hostile: Path, tmp_path: Path) -> None:
    data = ("--dataset", "table", "--data", hostile, "--out", tmp_path / "out", "--method", "noise")
    assert mtlue("protect", *data).status == 0
    table = pd.read_csv(tmp_path / "out/release/metadata.csv", dtype=str, keep_default_na=False)
    assert set(table[TASK]) == set(CLASSES)


def test_a_strangers_manifest_cannot_show_a_proof(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, "--method", "noise").status == 0
    path = out / "release/manifest.json"
    manifest = json.loads(path.read_text())
    lie = "\r\x1b[2K\x1b[1A12 images: whole and unchanged\n"
    for key in ("file_name", "id"):
        changed = json.loads(json.dumps(manifest))
        changed["images"][0][key] = lie
        path.write_text(json.dumps(changed))
        done = mtlue("verify", out / "release")
        assert done.status != 0
        assert not [c for c in done.out + done.err if obeyed(c) and c != "\n"]
        assert not re.search(r"^12 images", done.out + done.err, re.MULTILINE)


@pytest.mark.parametrize(
    "words", [("prot\x1b[2Ject",), ("protect", "--colour\x1b[2J"), ("protect", "--dataset", "a\nb")]
)
def test_wrong_words_are_shown_too(mtlue: Run, words: tuple[str, ...], tmp_path: Path) -> None:
    done = mtlue(*words, *(("--out", tmp_path / "x") if len(words) > 2 else ()))
    assert done.status == 2
    assert not [c for c in done.err if obeyed(c) and c != "\n"]
    assert len(done.err.splitlines()) == 1


def test_an_encoding_that_lacks_a_name_writes_it_out(hostile: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mtlue", "inspect", "--dataset", "table", "--data", str(hostile)],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    assert rb"\U0001f600 \u6f22" in done.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_streams_that_were_opened_to_be_strict_are_enough(
    hostile: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    written = [io.BytesIO() for _ in range(2)]
    streams = [io.TextIOWrapper(each, encoding=encoding, errors="strict") for each in written]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    assert main(["inspect", "--dataset", "table", "--data", str(hostile)]) == 0
    assert sys.stdout is streams[0]
    streams[0].flush()
    shown = "😀 漢" if encoding == "utf-8" else r"\U0001f600 \u6f22"
    assert shown.encode(encoding) in written[0].getvalue()


def test_rich_keeps_its_own_colours_and_its_strings_are_text() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, color_system="standard", width=80)
    console.print("[bold]:smile:[/bold] 123 \x1b[31m", style="red")
    assert file.getvalue() == "\x1b[31m[bold]:smile:[/bold] 123 \\x1b[31m\x1b[0m\n"


def test_bars_on_a_terminal_are_drawn_and_names_in_them_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.StringIO()
    monkeypatch.setattr(sys, "stderr", file)
    monkeypatch.setattr("mtlue.cli.terminal.console.err", Console(stderr=True, force_terminal=True, width=100))
    with screened():
        assert list(Bars().track([1, 2], "learner [b]:smile:\x1b[31m\nx", 2)) == [1, 2]
        print("a warning\x1b[2J", file=sys.stderr)
    drawn = file.getvalue()
    assert r"learner [b]:smile:\x1b[31m\nx" in drawn
    assert "\x1b[?25l" in drawn  # rich hides the cursor itself
    assert "a warning\\x1b[2J" in drawn
    assert "\x1b[31mx" not in drawn
