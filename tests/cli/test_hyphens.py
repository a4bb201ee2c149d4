"""Values that begin with a hyphen, short flags, values that are missing, and words behind a switch."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Outcome

Run = Callable[..., Outcome]


@pytest.mark.parametrize(
    ("command", "given", "said"),
    [
        ("audit", ("out", "--budget", "-3m"), "--budget -3m: give a time above 0"),
        ("audit", ("out", "--seeds", "-x"), "--seeds -x: not whole numbers"),
        ("audit", ("out", "--budget"), "--budget lacks its value, TEXT: time that the audit may take"),
        ("inspect", ("--config",), "--config lacks its value"),
        ("inspect", ("digits", "--limit-train", "-x"), "--limit-train -x: not a whole number"),
        ("cache", ("--clear", "maybe"), "--clear maybe: not true or false; give one of the two"),
        ("verify", ("out", "-k"), "there is no option '-k'"),
        ("inspect", ("digits", "-limit-train", 8), "there is no option '-limit-train': did you mean --limit-train?"),
    ],
)
def test_what_was_written_is_named(mtlue: Run, command: str, given: tuple[object, ...], said: str) -> None:
    refused = mtlue(command, *given)
    assert refused.status == 2
    assert said in refused.err


def test_a_short_flag_is_not_taken_for_a_second_folder(mtlue: Run, tmp_path: Path) -> None:
    refused = mtlue("protect", "xr", "--out", tmp_path / "o", "--size", 64, "-k")
    assert "there is no option '-k'" in refused.err
    assert "cannot both be the folder" not in refused.err
    assert "which images" not in refused.err


def test_a_word_behind_a_switch_may_be_the_folder(mtlue: Run, tmp_path: Path) -> None:
    refused = mtlue("protect", "--out", tmp_path / "o", "--overwrite", "photos")
    assert "photos is not a folder" in refused.err


@pytest.mark.parametrize("given", ["nan", "-1", "300"])
def test_epsilon_is_named_as_it_was_given(mtlue: Run, tmp_path: Path, given: str) -> None:
    refused = mtlue("protect", "--dataset", "digits", "--out", tmp_path / "o", "--epsilon", given)
    assert f"--epsilon {given} is out of range: give 1 to 255 levels" in refused.err
