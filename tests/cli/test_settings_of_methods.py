"""The chosen method's settings are options of the commands that find a perturbation."""

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from conftest import Outcome
from mtlue.methods import METHODS

Run = Callable[..., Outcome]
DIGITS = ("--dataset", "digits", "--limit-train", 20, "--limit-test", 10)


@pytest.mark.parametrize("method", list(METHODS))
def test_help_lists_the_settings_of_the_method(mtlue: Run, method: str) -> None:
    shown = mtlue("protect", "--method", method, "--help")
    assert shown.status == 0
    every = {item.name for name in METHODS for item in fields(METHODS.settings(name))}
    own = {item.name for item in fields(METHODS.settings(method))}
    listed = {name for name in every if f"--{name.replace('_', '-')} " in shown.out}
    assert listed == own


def test_a_config_file_may_name_the_method_and_its_settings(mtlue: Run, tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text("method: lsp-patch\nsquare: 4\n")
    for flags, square in (((), 4), (("--square", 2), 2)):
        done = mtlue("protect", *DIGITS, "--config", config, "--out", tmp_path / "out", "--overwrite", *flags)
        assert done.status == 0, done.err
        assert json.loads((tmp_path / "out/private/config.json").read_text())["config"] == {"square": square}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--method", "em", "--surrogate-epochs", 1), "em has no setting --surrogate-epochs, a setting of tap, sep"),
        (("--method", "noise", "--square", 1), "noise has no setting --square, a setting of lsp-patch, lsp-average"),
        (("--method", "ar-patch", "--scale", 0), "--scale 0: give a number above 0"),
        (("--method", "ar-patch", "--scale", "inf"), "--scale inf: give a number above 0, but a finite one"),
        (("--method", "joint-code", "--spacings", 5), "--spacings 5: give at least two different numbers"),
        (("--method", "tap", "--against", "blurr"), "unknown transformation 'blurr': did you mean 'blur'"),
        (("--method", "tapp"), "unknown method 'tapp': did you mean 'tap'"),
    ],
)
def test_mistakes_are_named_as_options(mtlue: Run, tmp_path: Path, flags: tuple[object, ...], message: str) -> None:
    refused = mtlue("protect", *DIGITS, "--out", tmp_path / "out", *flags)
    assert refused.status == 2
    (line,) = refused.err.strip().splitlines()
    assert message in line
