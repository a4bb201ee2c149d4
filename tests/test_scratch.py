"""Folders among the system's temporary files: gone with their process, however that ends."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mtlue.errors import OutputError
from mtlue.scratch import scratch_folder

_PROGRAM = """
import sys
from mtlue.scratch import scratch_folder
with scratch_folder("shard") as folder:
    (folder / "clean.png").touch()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files lie during a test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def _started() -> tuple[subprocess.Popen[str], Path]:
    """A process that has a folder, and that folder."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM], stdin=pipe, stdout=pipe, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_folder_is_there_for_its_block_and_this_user() -> None:
    with scratch_folder("shard") as first, scratch_folder("shard") as second:
        assert first != second
        assert [*first.iterdir()] == []
        if os.name == "posix":
            assert first.stat().st_mode & 0o777 == 0o700
        (first / "file").touch()
    assert not first.exists()
    assert not second.exists()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere it is not known which processes run")
def test_what_a_killed_process_left_goes_and_what_others_use_stays(place: Path) -> None:
    (killed, left), (living, used) = _started(), _started()
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    foreign = place / ".other-program.999999999.tmp"
    foreign.mkdir()
    try:
        assert (left / "clean.png").exists()
        with scratch_folder("part"):
            assert not left.exists()
            assert (used / "clean.png").exists()
            assert foreign.exists()
    finally:
        living.communicate("")
    assert [*place.iterdir()] == [foreign]


def test_a_place_that_cannot_be_written_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(place / "absent"))
    with pytest.raises(OutputError, match=r"cannot write .*/absent"), scratch_folder("part"):
        pass
