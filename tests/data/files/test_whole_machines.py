"""Folders that are no one's images, and what in a folder cannot be looked at."""

import os
from pathlib import Path

import pytest

from conftest import read_data, save_image
from mtlue import InputError
from mtlue.data.files.folders import find_unusable, require_folder
from mtlue.data.options import DataOptions
from mtlue.data.rows.parts import tables_below


@pytest.mark.skipif(os.name == "nt", reason="each drive has a root of its own")
@pytest.mark.parametrize("folder", ["/", "/../", "/dev", "/proc/self", "/sys"])
def test_the_system_itself_is_refused_at_once(folder: str) -> None:
    if not Path(folder).exists():
        pytest.skip("not on this system")
    with pytest.raises(InputError, match="give the folder of the images"):
        require_folder(DataOptions(data=Path(folder)))


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_what_cannot_be_looked_at_is_named_and_the_rest_read(tmp_path: Path) -> None:
    for file in ("cat/1.png", "cat/2.png", "dog/3.png", "dog/4.png"):
        save_image(tmp_path / file)
    for name in ("dog/5.png", "dog/table.csv"):
        (tmp_path / name).symlink_to("x" * 300)  # longer than any name may be: the system refuses to look
    assert tables_below(tmp_path) == []
    assert len(read_data("imagefolder", tmp_path).samples) == 4
    assert "dog/5.png" in [one.name for one in find_unusable(tmp_path)]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to root")
@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_a_folder_that_is_closed_is_named_with_what_to_do(tmp_path: Path, mode: int) -> None:
    save_image(tmp_path / "deep" / "closed" / "1.png")
    closed = tmp_path / "deep" / "closed"
    closed.chmod(mode)
    try:
        (said, *_) = find_unusable(tmp_path)
    finally:
        closed.chmod(0o700)
    assert said.name.startswith("deep/closed")
    assert "change its permissions" in said.reason


def test_hidden_images_and_empty_folders_are_counted(tmp_path: Path) -> None:
    for file in ("cat/1.png", "cat/.2.gif.png", "cat/._1.png", ".thumbs/3.png", "dog/4.png", "dog/5.png"):
        save_image(tmp_path / file)
    (tmp_path / "bird").mkdir()
    notes = read_data("imagefolder", tmp_path).notes
    assert "1 hidden image file (the name begins with a dot) passed over: cat/.2.gif.png" in notes
    assert "1 folder without a file: bird" in notes
