from pathlib import Path

import pytest

from mtlue import OutputError
from mtlue.release.staging import PARTIAL, check_output, staged


def fill(out: Path, text: str, overwrite: bool = False) -> None:
    with staged(out, overwrite) as stage:
        (stage.release / "a.txt").write_text(text)
        (stage.private / "b.txt").write_text(text)


def test_both_parts_appear_together(tmp_path: Path) -> None:
    fill(tmp_path / "out", "new")
    assert (tmp_path / "out/release/a.txt").read_text() == "new"
    assert (tmp_path / "out/private/b.txt").read_text() == "new"
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"release", "private"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_appears_after_an_error(tmp_path: Path, error: type[BaseException]) -> None:
    def fail() -> None:
        with staged(tmp_path, False) as stage:
            (stage.release / "a.txt").write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_overwriting_keeps_the_old_release_until_the_new_one_is_whole(tmp_path: Path) -> None:
    fill(tmp_path, "old")
    with pytest.raises(OutputError, match="--overwrite"):
        fill(tmp_path, "new")
    with pytest.raises(ValueError, match="stop"), staged(tmp_path, True):
        raise ValueError("stop")
    assert (tmp_path / "release/a.txt").read_text() == "old"
    fill(tmp_path, "new", overwrite=True)
    assert (tmp_path / "release/a.txt").read_text() == "new"


@pytest.mark.parametrize("left", [[f"{PARTIAL}/release/images"], [f"{PARTIAL}/old-release", "private"]])
def test_what_a_killed_run_left_is_no_obstacle(tmp_path: Path, left: list[str]) -> None:
    for name in left:
        (tmp_path / name).mkdir(parents=True)
    fill(tmp_path, "new")
    assert (tmp_path / "release/a.txt").read_text() == "new"
    assert not (tmp_path / PARTIAL).exists()


def test_foreign_files_and_files_in_the_way_are_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("mine")
    with pytest.raises(OutputError, match=r"thesis\.doc"):
        check_output(tmp_path, True)
    with pytest.raises(OutputError, match="is a file"):
        check_output(tmp_path / "thesis.doc", False)
