import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mtlue import OutputError
from mtlue.files import write_text
from mtlue.release.layout import OutputFolder
from mtlue.release.staging import check_output, reserved, staged


@contextmanager
def writing(out: Path, overwrite: bool = False) -> Iterator[OutputFolder]:
    """A run of a job: the folder is reserved, then filled."""
    folder = OutputFolder(out)
    with reserved(folder, overwrite), staged(folder) as stage:
        yield stage


def fill(out: Path, text: str, overwrite: bool = False) -> None:
    with writing(out, overwrite) as stage:
        stage.release.manifest.write_text(text)
        (stage.private.path / "b.txt").write_text(text)


def test_both_parts_appear_together(tmp_path: Path) -> None:
    fill(tmp_path / "out", "new")
    assert (tmp_path / "out/release/manifest.json").read_text() == "new"
    assert (tmp_path / "out/private/b.txt").read_text() == "new"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"release", "private"}


@pytest.mark.skipif(os.name == "nt", reason="needs a system of modes")
def test_other_users_cannot_read_what_undoes_the_protection(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        fill(tmp_path / "out", "new")
    finally:
        os.umask(before)
    modes = {name: stat.S_IMODE((tmp_path / "out" / name).stat().st_mode) for name in ("private", "release")}
    assert modes == {"private": 0o700, "release": 0o755}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_appears_after_an_error(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with writing(tmp_path) as stage:
            stage.release.manifest.write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_overwriting_keeps_the_old_release_until_the_new_one_is_whole(tmp_path: Path) -> None:
    fill(tmp_path, "old")
    with pytest.raises(OutputError, match="overwrite"):
        fill(tmp_path, "new")
    with pytest.raises(ValueError, match="stop"), writing(tmp_path, True):
        raise ValueError("stop")
    assert (tmp_path / "release/manifest.json").read_text() == "old"
    fill(tmp_path, "new", overwrite=True)
    assert (tmp_path / "release/manifest.json").read_text() == "new"


@pytest.mark.parametrize("stop_at", range(4))
def test_a_stop_at_any_rename_keeps_the_old_parts(
    tmp_path: Path, stop_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "old")
    write_text(OutputFolder(tmp_path).findings.report, "of the old one")
    renames = 0
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> Path:
        nonlocal renames
        renames += 1
        if renames - 1 == stop_at:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fill(tmp_path, "new", overwrite=True)
    assert (tmp_path / "release/manifest.json").read_text() == "old"
    assert (tmp_path / "private/b.txt").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"release", "private", "audit"}
    assert OutputFolder(tmp_path).findings.report.is_file()


@pytest.mark.parametrize("old", [False, True], ids=["new", "overwritten"])
def test_a_stop_once_the_release_is_there_says_so_and_leaves_nothing_to_the_next_run(
    tmp_path: Path, old: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = OutputFolder(tmp_path)
    if old:
        fill(tmp_path, "old")
        write_text(out.findings.report, "of the old one")
    write_text(out.fit / "request.json", "a secret seed")

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt) as stopped:
            fill(tmp_path, "new", overwrite=old)
    assert stopped.value.__notes__ == [f"{out.release.path} had been written whole by then"]
    assert out.release.manifest.read_text() == "new"
    with pytest.raises(OutputError, match="already holds private and release"):
        check_output(out, overwrite=False)
    assert {path.name for path in tmp_path.iterdir()} - {"audit"} == {"release", "private"}
    assert not out.findings.report.exists()


def test_what_a_killed_run_left_is_no_obstacle(tmp_path: Path) -> None:
    (OutputFolder(tmp_path).partial / "release/images").mkdir(parents=True)
    fill(tmp_path, "new")
    assert (tmp_path / "release/manifest.json").read_text() == "new"
    assert not (OutputFolder(tmp_path).partial).exists()


def test_a_private_folder_without_a_release_is_not_replaced_unasked(tmp_path: Path) -> None:
    (OutputFolder(tmp_path).partial / "release").mkdir(parents=True)
    (tmp_path / "private").mkdir()
    (tmp_path / "private/b.txt").write_text("precious")
    with pytest.raises(OutputError, match="already holds private"):
        fill(tmp_path, "new")
    assert (tmp_path / "private/b.txt").read_text() == "precious"


def test_a_second_run_is_kept_out(tmp_path: Path) -> None:
    with writing(tmp_path) as stage:
        with pytest.raises(OutputError, match="another run is writing"):
            check_output(OutputFolder(tmp_path), False)
        stage.release.manifest.write_text("first")
    assert (tmp_path / "release/manifest.json").read_text() == "first"


def test_foreign_releases_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "release").mkdir()
    (tmp_path / "release/thesis.doc").write_text("mine")
    with pytest.raises(OutputError, match="was not written by mtlue"):
        check_output(OutputFolder(tmp_path), True)


def test_foreign_files_and_files_in_the_way_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(OutputError, match=r"thesis\.doc"):
        check_output(OutputFolder(tmp_path), True)
    with pytest.raises(OutputError, match="is a file"):
        check_output(OutputFolder(tmp_path / "thesis.doc"), False)


@pytest.mark.parametrize(("name", "left"), [("there", ["there"]), ("new", ["there"])])
def test_an_error_leaves_no_folder_that_was_not_there(name: str, left: list[str], tmp_path: Path) -> None:
    def interrupted() -> None:
        with writing(tmp_path / name) as stage:
            (stage.release.path / "a.png").write_text("a")
            raise KeyboardInterrupt

    (tmp_path / "there").mkdir()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in tmp_path.iterdir()] == left


def test_temporary_files_of_killed_writers_are_swept(tmp_path: Path) -> None:
    host = re.fullmatch(r"\.x\.([0-9a-f]{8})-(?:[0-9a-f]{8}-)?\d+\.tmp", _temporary_name(tmp_path))
    assert host is not None
    dead = dead_process()
    swept = [f".records.json.{dead}.tmp", f".records.json.{host[1]}-{dead}.tmp", f".a.b.{dead}.tmp"]
    kept = [f".records.json.{os.getpid()}.tmp", f".x.00000000-{dead}.tmp", ".mine.tmp", f"x.{dead}.tmp", ".x.12a.tmp"]
    for name in (*swept, *kept):
        (tmp_path / name).touch()
    write_text(tmp_path / "records.json", "[]")
    assert {path.name for path in tmp_path.iterdir()} == {*kept, "records.json"}


def test_an_output_folder_with_nothing_but_leftovers_is_empty(tmp_path: Path) -> None:
    (tmp_path / f".results.json.{dead_process()}.tmp").touch()
    (tmp_path / ".DS_Store").touch()
    fill(tmp_path, "new")
    assert {path.name for path in tmp_path.iterdir()} == {"release", "private", ".DS_Store"}


def dead_process() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def _temporary_name(folder: Path) -> str:
    """What a writer calls its file until it is whole."""
    seen: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", lambda path, target: seen.append(path.name))
        write_text(folder / "x", "")
    return seen[0]
