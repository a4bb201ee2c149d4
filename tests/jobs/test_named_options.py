"""``mtlue.protect`` and ``mtlue.verify``: the command's options by their names, and what is said of wrong ones."""

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

import mtlue
from mtlue.cli.commands.protect import FitOptions, SecretOptions
from mtlue.cli.shared.output import OutputOptions
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.faults import FaultsError
from mtlue.jobs.requests.named_options import protect_request
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.jobs.requests.self_check import SelfCheckOptions
from mtlue.methods.options import MethodOptions

GROUPS = (DataOptions, OutputOptions, FitOptions, MethodOptions, SelfCheckOptions, SecretOptions)
OPTIONS = {
    one.name: one.default
    for kind in GROUPS
    for one in fields(kind)
    if one.name != "data" and one.default is not MISSING
}
"""Every option that the command has a default for; ``data`` and ``out`` are arguments here."""
FEW = DataOptions("digits", limit_train=30, limit_test=20)


def test_every_option_of_the_command_is_one_here_and_its_default_changes_nothing() -> None:
    assert protect_request("photos", "out", OPTIONS) == protect_request("photos", "out", {})
    assert protect_request("photos", "out", {}) == ProtectRequest(DataOptions(data=Path("photos")), Path("out"))


def test_options_reach_their_part_of_the_request() -> None:
    options = {
        "size": 48,
        "epochs": 3,
        "epsilon": 4,
        "quality": 80,
        "format": "jpeg",
        "attempts": 3,
        "splits": ["train"],
    }
    request = protect_request(FEW, "out", {**options, "seed": 7, "method": "sep"})
    assert (request.data.size, request.data.limit_train) == (48, 30)
    assert request.method.to_json()["epochs"] == 3
    assert request.method.to_json()["epsilon"] == 4
    assert (request.form.quality, request.self_check.attempts) == (80, 3)
    assert (request.splits, request.seed) == (("train",), 7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methd": "tap"}, "unknown option 'methd': did you mean 'method'"),
        ({"method": "tpa"}, "unknown method 'tpa': did you mean 'tap'"),
        ({"square": 4}, "method auto has no setting square, a setting of lsp-patch"),
        ({"epsilon": 8 / 255}, "epsilon 0.0313725 is out of range: give 1 to 255 levels"),
        ({"size": "big"}, "size should be a whole number"),
        ({"splits": True}, "splits should be a list"),
        ({"strength": "huge"}, "strength should be one of standard, strong, subtle, not 'huge'"),
        ({"quality": 300, "format": "jpeg"}, "quality 300: give 1 to 100"),
    ],
)
def test_what_means_nothing_is_refused_and_nothing_written(
    options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        mtlue.protect(FEW, tmp_path / "out", **options)
    assert not list(tmp_path.iterdir())


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(FaultsError, match="3 things are wrong"):
        protect_request("photos", "out", {"methd": "tap", "size": "big", "overwrite": "yes"})


def test_everything_that_is_wrong_with_how_data_are_read_is_said_at_once() -> None:
    with pytest.raises(FaultsError, match=r"3 things are wrong: .*size .*channels .*limit_train "):
        protect_request("photos", "out", {"size": "big", "channels": "x", "limit_train": "y"})
    with pytest.raises(FaultsError, match=r"4 things are wrong: .*'tpa'.*'epohcs'.*size .*overwrite "):
        protect_request("photos", "out", {"method": "tpa", "size": "big", "overwrite": "yes", "epohcs": 3})


def test_paths_are_paths_or_texts() -> None:
    for labels in ("labels.csv", Path("labels.csv")):
        assert protect_request("photos", "out", {"labels": labels}).data.labels == Path("labels.csv")


def test_a_folder_by_its_path_alone(tmp_path: Path) -> None:
    options: dict[str, Any] = {"method": "noise", "seed": 3, "self_check": False}
    mtlue.protect(FEW, tmp_path / "out", **options)
    read = mtlue.load(tmp_path / "out/release")
    assert len(read.samples) == 50
    result = mtlue.protect(str(tmp_path / "out/release"), tmp_path / "again", limit_train=10, **options)
    assert result.manifest.counts["train"] == 10
    assert mtlue.verify(tmp_path / "again", tmp_path / "out/release").proof.largest_change == 8
    with pytest.raises(mtlue.VerificationError):
        mtlue.verify(tmp_path / "again", FEW)
