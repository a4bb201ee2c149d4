"""Killed, interrupted and out of space: no half-written release is taken for whole, and a second run finishes."""

import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from conftest import Outcome
from forking import Forked, forked_mtlue
from mtlue import OutputError
from mtlue.files import named_errors

Run = Callable[..., Outcome]
COMMAND = ("protect", "--dataset", "digits", "--method", "noise", "--out")


def wait_for_images(out: Path, process: Forked) -> None:
    """Until the writer is in the middle of its work."""
    images = out / ".mtlue-partial/release/images/trainset"
    while process.poll() is None:
        if images.is_dir() and sum(1 for _ in images.iterdir()) > 20:
            return
        time.sleep(0.005)
    pytest.fail(f"it ended before it could be interrupted: {process.communicate()}")


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_release_and_can_be_repeated(mtlue: Run, tmp_path: Path, sent: int) -> None:
    out = tmp_path / "out"
    process = forked_mtlue(*COMMAND, out)
    wait_for_images(out, process)
    process.send_signal(sent)
    _, err = process.communicate()
    assert process.returncode == (-sent if sent == signal.SIGKILL else 128 + sent)
    assert "Traceback" not in err
    unfinished = mtlue("verify", out)
    assert unfinished.status == 2
    if sent == signal.SIGKILL:
        assert "run the same command again" in unfinished.err
    else:
        assert "interrupted" in err
        assert "does not exist" in unfinished.err
    assert mtlue(*COMMAND, out, "--limit-train", 50, "--limit-test", 20).status == 0
    assert mtlue("verify", out, "--dataset", "digits").status == 0


def test_a_file_system_without_space_is_named(tmp_path: Path) -> None:
    out = tmp_path / "out"
    limit = 1000  # bytes a file may have: enough for no picture
    process = forked_mtlue(*COMMAND, out, first=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)))
    _, err = process.communicate()
    assert process.returncode == 2
    assert "cannot write" in err
    assert str(out) in err
    assert "Traceback" not in err
    assert not out.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_what_a_full_disk_answers_is_explained() -> None:
    place = Path("/dev/full")
    with (
        pytest.raises(OutputError, match="the disk is full"),
        named_errors(place),
        place.open("wb", buffering=0) as file,
    ):
        file.write(b"x")


@pytest.mark.skipif(shutil.which("mount") is None, reason="needs mount")
def test_a_full_disk_is_named(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("may not mount here")
    try:
        process = forked_mtlue(*COMMAND, disk / "out")
        _, err = process.communicate()
        assert process.returncode == 2
        assert "the disk is full" in err
        assert "Traceback" not in err
        assert not (disk / "out").exists()
    finally:
        subprocess.run(["umount", disk], check=True)
