"""What is missing, passed over or refused is said where it helps: first, and with a next step that works."""

from pathlib import Path

import pytest
from released_files import NOISE, Run

from conftest import save_image, write_table

KINDS = ("cat", "dog")


def table(root: Path, names: list[str], **more: str) -> Path:
    for name in names:
        save_image(root / name)
    write_table(root, [{"file": name, "kind": KINDS[i % 2], **more} for i, name in enumerate(names)])
    return root


@pytest.mark.parametrize("command", ["inspect", "protect"])
def test_a_missing_file_is_said_before_what_it_causes(mtlue: Run, tmp_path: Path, command: str) -> None:
    root = table(tmp_path / "data", ["a.png", "b.png"])
    (root / "b.png").unlink()
    done = mtlue(command, root, *(["--out", tmp_path / "out"] if command == "protect" else []))
    assert done.status == 2
    assert -1 < done.err.index("(b.png): there is no such file") < done.err.index("has only 1 class")


def test_a_table_that_names_no_images_is_said_to_be_passed_over(mtlue: Run, tmp_path: Path) -> None:
    for kind in KINDS:
        for number in range(3):
            save_image(tmp_path / kind / f"{number}.png")
    write_table(tmp_path, [{"name": "ann", "age": "3"}])
    done = mtlue("inspect", tmp_path)
    assert done.status == 0
    said = done.err.splitlines()[0]
    assert "passed over: labels.csv (no column names image files)" in said
    assert "labels.csv, where no column names image files; once one does, --dataset table" in done.err


@pytest.mark.parametrize(("split", "missing"), [("train", "give at least two"), ("test", "has no train images")])
def test_inspect_advises_protect_only_where_it_takes_the_images(
    mtlue: Run, tmp_path: Path, split: str, missing: str
) -> None:
    root = tmp_path / "data"
    save_image(root / "a.png")
    write_table(root, [{"file": "a.png", "tags": "cat;dog", "split": split}])
    done = mtlue("inspect", root)
    assert done.status == 0, done.err
    (last,) = [line for line in done.err.splitlines() if line.startswith("next: ")]
    assert missing in last
    refused = mtlue("protect", root, "--out", tmp_path / "out")
    assert refused.status == 2
    assert missing in refused.err


def test_restore_says_what_its_folder_holds(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    out, other, empty = tmp_path / "out", tmp_path / "other", tmp_path / "empty"
    assert mtlue("protect", folder, "--out", out, *NOISE).status == 0
    other.mkdir()
    (other / "mine.txt").touch()
    empty.mkdir()
    key = ("restore", out / "private", out / "release", "--out")
    assert f"{other} is not empty (mine.txt): choose another folder, or empty it" in mtlue(*key, other).err
    assert mtlue(*key, empty).status == 0
    assert (empty / "images").is_dir()
    assert "already holds images that mtlue restored: choose another folder, or empty it" in mtlue(*key, empty).err


def test_that_nothing_will_be_known_is_said_before_the_fit(mtlue: Run, tmp_path: Path) -> None:
    root = table(tmp_path / "data", [f"{number}.png" for number in range(12)])
    done = mtlue("protect", root, "--out", tmp_path / "out", "--method", "lsp-patch")
    assert done.status == 0, done.err
    assert "no small learner will try this release before it is published: there are too few images" in done.err
    assert "to test learners on (20 at least)" in done.err
