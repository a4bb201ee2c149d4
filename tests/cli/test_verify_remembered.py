"""verify finds the clean images where the private folder remembers them, and says which it compared with."""

from pathlib import Path

import numpy as np
from PIL import Image
from released_files import NOISE, Run, failed

PROVED = "every pixel was compared"


def test_a_folder_and_nothing_else_proves_epsilon(mtlue: Run, folder: Path, out: Path) -> None:
    done = mtlue("verify", out)
    assert done.status == 0, done.err
    assert PROVED in done.out
    assert f"clean images: {folder}, as {out / 'private'} remembers" in done.err
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(folder / "odd/picture 3.png")
    assert "odd/picture 3.png" in failed(mtlue("verify", out))


def test_what_apply_and_embedded_images_left_is_remembered_too(
    mtlue: Run, folder: Path, out: Path, tmp_path: Path
) -> None:
    again, digits = tmp_path / "again", tmp_path / "digits"
    assert "proves that every file is as it was written and every pixel within epsilon (8 levels)" in (
        mtlue("apply", out / "private", folder, "--out", again).err
    )
    assert PROVED in mtlue("verify", again).out
    mtlue("protect", "--dataset", "digits", "--limit-train", 40, "--limit-test", 20, "--out", digits, *NOISE)
    done = mtlue("verify", digits)
    assert PROVED in done.out
    assert f"clean images: dataset digits, as {digits / 'private'} remembers" in done.err


def test_where_they_moved_is_said_with_data(mtlue: Run, folder: Path, out: Path) -> None:
    moved = folder.rename(folder.with_name("moved"))
    done = mtlue("verify", out)
    assert done.status == 0, done.err
    assert "12 images: whole and unchanged" in done.out
    assert "nor whether any image is protected" in done.out
    assert f"the clean images that {out / 'private'} remembers cannot be compared: --data {folder}" in done.err
    assert "--data CLEAN proves it" in done.err
    for where in (("--data", moved), (moved,)):
        done = mtlue("verify", out, *where)
        assert PROVED in done.out
        assert "remembers" not in done.err


def test_a_release_alone_is_checked_as_a_stranger_checks_it(mtlue: Run, out: Path) -> None:
    done = mtlue("verify", out / "release")
    assert done.status == 0
    assert "nor whether any image is protected" in done.out
    assert "note" not in done.err


def test_what_cannot_be_read_of_the_private_folder_is_said(mtlue: Run, folder: Path, out: Path) -> None:
    (out / "private/config.json").write_text('{"data": 3}')
    done = mtlue("verify", out)
    assert done.status == 0
    assert "config.json" in done.err
    assert "nor whether any image is protected" in done.out
    assert PROVED in mtlue("verify", out, "--data", folder).out


def test_a_private_folder_that_is_gone_is_said(mtlue: Run, folder: Path, out: Path) -> None:
    (out / "private").rename(out.with_name("elsewhere"))
    done = mtlue("verify", out, folder)
    assert done.status == 0, done.err
    assert f"{out / 'private'} is missing: without it these images cannot be restored" in done.err
    assert "is missing" not in mtlue("verify", out / "release", folder).err


def test_options_of_clean_images_that_are_nowhere_are_refused(mtlue: Run, out: Path, tmp_path: Path) -> None:
    alone = (out / "release").rename(tmp_path / "alone")
    done = mtlue("verify", alone, "--labels", "nope.csv", "--size", 7)
    assert done.status == 2
    assert "--size, --labels says how clean images are read: give --data, too" in done.err
    assert mtlue("verify", alone, "--no-cache").status == 0
