"""What runs in one folder share on disk: none of them deletes what another one uses."""

import subprocess
import sys
from pathlib import Path

import pytest

from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.learners.temporary import Temporary

pytest.importorskip("fcntl")


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path)
    folder.create()
    return folder


def test_the_last_run_deletes_what_all_shared(folder: RunFolder) -> None:
    first, second, noise = Temporary(folder), Temporary(folder), folder.temporary / "scratch/noise.npy"
    with first.used():
        with second.used():
            noise.parent.mkdir()
            noise.touch()
            second.clear(noise.parent)
        assert noise.exists()
        first.clear(noise.parent)
        assert not noise.parent.exists()
        with second.used():
            pass
        assert folder.temporary.exists(), "clearing gives nothing up"
    assert not folder.temporary.exists()


def test_what_an_interrupted_run_shared_stays_for_the_next(folder: RunFolder) -> None:
    with pytest.raises(KeyboardInterrupt), Temporary(folder).used():
        raise KeyboardInterrupt
    assert folder.temporary.exists()
    with Temporary(folder).used():
        pass
    assert not folder.temporary.exists()


def test_another_process_is_heeded(folder: RunFolder) -> None:
    code = f"""
import sys
from pathlib import Path
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.learners.temporary import Temporary
with Temporary(RunFolder(Path({str(folder.path)!r}))).used():
    print("begun", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"begun\n"
        with Temporary(folder).used():
            pass
        assert folder.temporary.exists()
        other.communicate()
    assert not folder.temporary.exists()
