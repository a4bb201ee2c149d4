"""What somebody meets who has read one page: a command, a folder, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Outcome

Run = Callable[..., Outcome]
LEAST = ("--method", "noise")


def test_a_folder_is_all_that_inspect_needs(mtlue: Run, folder: Path) -> None:
    done = mtlue("inspect", folder)
    assert done.status == 0, done.err
    assert done.err.startswith(f"{folder}: a table, labels.csv; 12 image files")
    assert "12 images (" in done.out
    assert "2 tasks" in done.out


@pytest.mark.parametrize("first", [True, False])
def test_a_folder_is_protected_and_verified_by_its_name_alone(
    mtlue: Run, folder: Path, tmp_path: Path, first: bool
) -> None:
    out = ("--out", tmp_path / "out", *LEAST)
    done = mtlue("protect", *((folder, *out) if first else (*out, folder)))
    assert done.status == 0, done.err
    proved = mtlue("verify", tmp_path / "out", folder)
    assert proved.status == 0, proved.err
    assert "epsilon allows 8 (every pixel was compared)" in proved.out
    assert '"dataset": "table"' in (tmp_path / "out/private/config.json").read_text()


def test_a_flag_and_a_word_are_one_too_many(mtlue: Run, folder: Path) -> None:
    refused = mtlue("inspect", folder, "--data", folder)
    assert refused.status == 2
    assert f"nothing is left that '{folder}' could stand for: leave it out" in refused.err
    words = mtlue("inspect", "a", "b").err
    assert "'a' and 'b' cannot both be the folder: leave one out, or put quotes around a name with spaces" in words
    assert "things are wrong" not in words
    three = mtlue("evaluate", "a", "b", "c", "--out", "d").err
    assert three.startswith("mtlue evaluate: 'a', 'b' and 'c' are 3 words, and mtlue evaluate takes 2, OUT and FOLDER")


def test_without_a_folder_the_command_says_what_to_give(mtlue: Run) -> None:
    assert "which images? Give the folder that holds them (--data)" in mtlue("inspect").err
    assert "for the package's own images give --dataset digits" in mtlue("inspect", "digits").err
