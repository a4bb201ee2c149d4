"""The tutorial's commands run as they stand there, with fewer images and shorter fits."""

import re
import runpy
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Outcome

PAGE = (Path(__file__).resolve().parents[1] / "docs/tutorial/index.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^mtlue (.+)$", PAGE[PAGE.index("## A folder with labels") :], flags=re.MULTILINE)
SHORTER = {
    "protect": ("--epochs", "1", "--surrogate-epochs", "1", "--surrogate", "tiny", "--self-check", "false"),
    "audit": ("--learner-epochs", "1", "--processes", "1"),
}


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (script,) = re.findall(r"```python\n# make_photos\.py\n(.*?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "make_photos.py").write_text(script.replace("COUNT = 2500", "COUNT = 120"))
    monkeypatch.chdir(tmp_path)
    runpy.run_path("make_photos.py", run_name="__main__")
    return tmp_path


@pytest.mark.long
def test_from_a_folder_to_an_audit(photos: Path, mtlue: Callable[..., Outcome]) -> None:
    assert [command.split()[0] for command in COMMANDS] == ["inspect", "protect", "verify", "audit"]
    shown = {}
    for command in COMMANDS:
        name, *options = shlex.split(command)
        done = mtlue(name, *options, *SHORTER.get(name, ()))
        assert done.status == 0, done.err
        shown[name] = done.out
    assert "left    categorical" in shown["inspect"]
    assert "publish: out/release" in shown["protect"]
    assert "largest change of any pixel: 8 levels; epsilon allows 8 (every pixel was compared)" in shown["verify"]
    assert re.search(r"Without effort: (.+ comes back|nothing can be said)", shown["audit"])  # few images teach little
    assert (photos / "out/audit/audit.html").is_file()
