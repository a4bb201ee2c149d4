"""Folders that appear whole: who was first stays, and nothing that went wrong is passed over."""

from pathlib import Path

import pytest

from mtlue.errors import OutputError
from mtlue.files import folder_written_whole


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
