"""Fits are repeated until the check is content; the best is released, and an interrupted run goes on."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from _asserts import assert_same_bytes
from _checked import found, make_quick
from mtlue import Protector
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.jobs.checked import SelfCheck
from mtlue.jobs.events import Event, FitRepeated, Fitted, SelfChecked, SelfCheckStarted
from mtlue.jobs.protection.kept_attempts import KeptAttempts
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.protection.self_check import SelfChecker
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.jobs.requests.self_check import SelfCheckOptions
from mtlue.methods.options import MethodChoice
from mtlue.methods.scope import Scope
from mtlue.runtime import Runtime

TAP = MethodChoice("tap", {"epochs": 1, "surrogate_epochs": 1})
DIGITS = DataOptions("digits", limit_train=12, limit_test=4)


def scripted(monkeypatch: pytest.MonkeyPatch, *recoveries: float | None) -> None:
    """Checks that find this of one fit after another; None interrupts the run."""
    left = list(recoveries)

    def of(self: object, protector: object) -> SelfCheck:
        value = left.pop(0)
        if value is None:
            raise KeyboardInterrupt
        return found(age=value)

    monkeypatch.setattr(SelfChecker, "of", of)


def released(request: ProtectRequest) -> tuple[dict[str, Any], list[Event]]:
    events = list[Event]()
    run_protect(request, Runtime("cpu"), events.append)
    config: dict[str, Any] = json.loads(request.folder.private.config.read_text())
    return config, events


def count(events: list[Event], kind: type[Event]) -> int:
    return sum(isinstance(event, kind) for event in events)


@pytest.mark.parametrize(("recoveries", "fit"), [((0.1,), 1), ((0.9, 0.1), 2), ((0.9, 0.5), 2), ((0.5, 0.9), 1)])
def test_the_best_fit_is_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recoveries: tuple[float, ...], fit: int
) -> None:
    scripted(monkeypatch, *recoveries)
    request = ProtectRequest(DIGITS, tmp_path / "out", method=TAP, seed=3)
    config, events = released(request)
    assert (count(events, Fitted), count(events, FitRepeated)) == (len(recoveries), len(recoveries) - 1)
    assert isinstance(events[-1], SelfChecked)
    assert config["self_check"]["released"] == fit
    alone = SelfCheckOptions(self_check=False)
    same = replace(request, out=tmp_path / "same", seed=config["self_check"]["seed_of_released"], self_check=alone)
    assert count(released(same)[1], SelfChecked) == 0
    assert_same_bytes(request.folder.release.path, same.folder.release.path)
    assert {path.name for path in request.out.iterdir()} == {"release", "private"}


@pytest.mark.parametrize(("damaged", "fits"), [((), 0), (("1/fit.json",), 1), (("1/generator.safetensors",), 1)])
def test_a_run_that_is_killed_in_its_second_check_goes_on_with_both_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damaged: tuple[str, ...], fits: int
) -> None:
    request = ProtectRequest(DIGITS, tmp_path / "out", method=TAP, seed=3)
    scripted(monkeypatch, 0.5, None)
    with pytest.raises(KeyboardInterrupt):
        released(request)
    assert {path.name for path in request.out.iterdir()} == {".mtlue-fit"}
    for name in damaged:
        (request.folder.fit / "attempts" / name).write_bytes(b"cut")
    scripted(monkeypatch, *[0.5] * fits, 0.4)
    config, events = released(request)
    assert count(events, Fitted) == fits
    alone = SelfCheckOptions(self_check=False)
    same = replace(request, out=tmp_path / "same", seed=config["self_check"]["seed_of_released"], self_check=alone)
    released(same)
    assert config["self_check"]["released"] == 2
    assert_same_bytes(request.folder.release.path, same.folder.release.path)


def test_records_that_are_too_few_are_no_check(tmp_path: Path) -> None:
    kept = KeptAttempts(tmp_path)
    kept.keep_check(1, found(age=0.5))
    assert kept.check(1) is not None
    (file,) = tmp_path.rglob("records.json")
    file.write_text("[]")
    assert (kept.check(1), kept.clean_record()) == (None, None)


def test_a_fit_that_is_killed_while_it_replaces_another_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: Protector, folder: Path) -> None:
        raise KeyboardInterrupt

    kept, collection = KeptAttempts(tmp_path), load(DIGITS, Runtime("cpu"))
    protector = Protector("lsp-patch", seed=0).fit(collection.split("train"))
    kept.keep(1, protector)
    assert kept.holds(1)
    monkeypatch.setattr(Protector, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        kept.keep(1, protector)
    assert not kept.holds(1)


@pytest.mark.parametrize("method", [TAP, MethodChoice("ar-patch")])
def test_a_first_fit_that_passes_is_released_as_without_a_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: MethodChoice
) -> None:
    make_quick(monkeypatch)
    data = DataOptions("digits", limit_train=60, limit_test=20)
    checked = ProtectRequest(
        data, tmp_path / "checked", method=method, seed=3, self_check=SelfCheckOptions(check_limit=1)
    )
    plain = replace(checked, out=tmp_path / "plain", self_check=SelfCheckOptions(self_check=False))
    config, events = released(checked)
    assert (count(events, SelfCheckStarted), config["self_check"]["released"]) == (1, 1)
    assert config["self_check"]["fits"]["1"]["tasks"]
    assert released(plain)[0]["self_check"] is None
    assert_same_bytes(checked.folder.release.path, plain.folder.release.path)
    weights = [request.folder.private.generator_weights.read_bytes() for request in (checked, plain)]
    assert weights[0] == weights[1]
    assert {path.name for path in checked.out.iterdir()} == {"release", "private"}


def test_neither_noise_nor_clean_images_on_purpose_are_a_reason_to_fit_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, 0.9)
    half = replace(TAP, scope=Scope(fraction=0.5))
    config, events = released(ProtectRequest(DIGITS, tmp_path / "half", method=half, seed=3))
    assert (count(events, Fitted), config["self_check"]["attempts"]) == (1, 1)
    config, _ = released(ProtectRequest(DIGITS, tmp_path / "noise", method=MethodChoice("noise"), seed=3))
    assert config["self_check"] is None


def test_options_that_mean_nothing_are_refused() -> None:
    for options in ({"attempts": 0}, {"check_limit": 2.0}, {"self_check": False, "attempts": 2}):
        with pytest.raises(InputError):
            SelfCheckOptions(**options).check()
