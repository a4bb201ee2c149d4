"""The tutorial's commands run as they stand there, with fewer images and shorter fits."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[1] / "docs/tutorial/index.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^mtlue (.+)$", PAGE[PAGE.index("## A folder with labels") :], flags=re.MULTILINE)
SHORTER = {
    "protect": ("--epochs", "1", "--surrogate-epochs", "1", "--surrogate", "tiny", "--self-check", "false"),
    "audit": ("--learner-epochs", "1", "--processes", "1"),
}


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (script,) = re.findall(r"```python\n# make_photos\.py\n(.*?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "make_photos.py").write_text(script.replace("COUNT = 2500", "COUNT = 120"))
    run(tmp_path, "make_photos.py")
    return tmp_path


@pytest.mark.long
def test_from_a_folder_to_an_audit(photos: Path) -> None:
    assert [command.split()[0] for command in COMMANDS] == ["inspect", "protect", "verify", "audit"]
    shown = {}
    for command in COMMANDS:
        name, *options = shlex.split(command)
        shown[name] = run(photos, "-m", "mtlue", name, *options, *SHORTER.get(name, ()))
    assert "left    categorical" in shown["inspect"]
    assert "publish: out/release" in shown["protect"]
    assert "largest change of any pixel: 8 levels; epsilon allows 8 (every pixel was compared)" in shown["verify"]
    assert re.search(r"Without effort: (.+ comes back|nothing can be said)", shown["audit"])  # few images teach little
    assert (photos / "out/audit/audit.html").is_file()
