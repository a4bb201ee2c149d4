"""Folders that appear whole: who was first stays, and nothing that went wrong is passed over."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mtlue import files, locks
from mtlue.errors import OutputError
from mtlue.files import folder_written_whole, sweep, write_text, written_whole


def write(path: Path, first_wins: bool, others: str | None = None, error: OSError | None = None) -> None:
    """A folder, while another process writes there, and something goes wrong."""
    with folder_written_whole(path, first_wins) as folder:
        (folder / "mine").touch()
        if others is not None:
            path.mkdir()
            (path / others).touch()
        if error is not None:
            raise error


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_folder_that_somebody_else_wrote_first_stays(tmp_path: Path) -> None:
    write(tmp_path / "out", first_wins=True, others="theirs")
    assert names(tmp_path) == ["out", "out/theirs"]


def test_a_folder_that_appears_meanwhile_is_an_error_where_it_is_not_as_good(tmp_path: Path) -> None:
    with pytest.raises(
        OutputError, match=r"cannot write .*/out: another folder was written there meanwhile, and stays"
    ):
        write(tmp_path / "out", first_wins=False, others="theirs")
    assert names(tmp_path) == ["out", "out/theirs"]


@pytest.mark.parametrize("first_wins", [True, False])
def test_what_goes_wrong_is_said_though_a_folder_is_there(tmp_path: Path, first_wins: bool) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*/out: the disk is full"):
        write(tmp_path / "out", first_wins, others="theirs", error=OSError(28, "No space left on device"))
    assert names(tmp_path) == ["out", "out/theirs"]


@pytest.mark.parametrize("first_wins", [True, False])
def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path, first_wins: bool) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(OutputError, match=r"cannot write .*/out: Not a directory"):
        write(tmp_path / "out", first_wins)
    assert names(tmp_path) == ["out"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", first_wins=False)
    assert names(tmp_path) == ["out", "out/mine"]


def test_what_a_killed_process_of_the_same_number_left_is_in_nobodys_way(tmp_path: Path) -> None:
    """In a container that is started again every process has the number that it had before."""
    with folder_written_whole(tmp_path / "out") as folder:
        left = folder.name
    (tmp_path / left / "half").mkdir(parents=True)
    write(tmp_path / "again", first_wins=False)
    (tmp_path / left.replace("out", "new") / "half").mkdir(parents=True)
    write(tmp_path / "new", first_wins=False)
    assert names(tmp_path / "new") == ["mine"]


def another_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on this process is one of another container of the same name, which knows no process of this one."""
    monkeypatch.setattr(files, "_SPACE", "00000000-")
    monkeypatch.setattr(files, "_runs", lambda process: False)


@pytest.mark.parametrize("age", [0, 1000])
def test_what_another_container_writes_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: int) -> None:
    pytest.importorskip("fcntl")
    monkeypatch.setattr(files, "_SPACE", "12345678-")
    with folder_written_whole(tmp_path / "out") as folder, written_whole(tmp_path / "file") as file:
        (folder / "mine").touch()
        file.write_text("mine")
        for path in (folder, file):
            os.utime(path, (time.time() - age,) * 2)
        with monkeypatch.context() as there:
            another_container(there)
            write_text(tmp_path / "theirs", "theirs")
    assert names(tmp_path) == ["file", "out", "out/mine", "theirs"]


@pytest.mark.parametrize(("age", "has_locks", "stays"), [(1000, True, False), (0, True, True), (1000, False, True)])
def test_what_a_killed_container_left_goes_where_nobody_can_be_writing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: int, has_locks: bool, stays: bool
) -> None:
    pytest.importorskip("fcntl")
    left = [f".{name}.{files._HOST}-12345678-1.tmp" for name in ("out", "file")]
    (tmp_path / left[0]).mkdir()
    (tmp_path / left[1]).touch()
    for name in left:
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    another_container(monkeypatch)
    if not has_locks:
        monkeypatch.setattr(locks, "_locks", lambda: None)
    sweep(tmp_path)
    assert names(tmp_path) == (sorted(left) if stays else [])


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs Linux's unshare")
def test_a_process_of_another_numbering_leaves_what_this_one_writes(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from mtlue.files import write_text; write_text(Path(sys.argv[1]), '')"
    )
    apart = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody number processes anew")
    with folder_written_whole(tmp_path / "out") as folder:
        (folder / "mine").touch()
        subprocess.run([*apart, sys.executable, "-c", program, tmp_path / "theirs"], check=True)
    assert names(tmp_path) == ["out", "out/mine", "theirs"]


def test_where_the_system_says_nothing_of_numberings_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "readlink", missing)
    assert files._space() == ""


def test_without_locks_files_and_folders_are_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_locks", lambda: None)
    write_text(tmp_path / "file", "text")
    write(tmp_path / "out", first_wins=False)
    assert names(tmp_path) == ["file", "out", "out/mine"]
