"""A fit that was stopped goes on with its surrogates and its secret, and never with those of another request."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PIL import Image

from _asserts import assert_same_bytes
from mtlue.data.options import DataOptions
from mtlue.jobs.events import Event, Note, Resumed
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.verify import run_verify
from mtlue.jobs.requests.owner import ProtectRequest, VerifyRequest
from mtlue.methods.options import MethodChoice
from mtlue.release.layout import PREVIEW, OutputFolder
from mtlue.runtime import Runtime

T = TypeVar("T")
DIGITS = DataOptions("digits", limit_train=12, limit_test=4)
TAP = MethodChoice("tap", {"epochs": 1, "surrogate_epochs": 1})


class Stopping:
    """Progress that remembers what was begun, and stops the job at one of its stages."""

    def __init__(self, stage: str | None = None) -> None:
        self.stage = stage
        self.begun: list[str] = []

    def track(
        self, steps: Iterable[T], description: str, total: int | None = None, time_left: bool = True
    ) -> Iterator[T]:
        self.begun.append(description.split()[0])
        if self.begun[-1] == self.stage:
            raise KeyboardInterrupt
        return iter(steps)

    def note(self, text: str) -> None:
        return None


def stopped(request: ProtectRequest, stage: str) -> list[str]:
    """The notes of a run that is interrupted at a stage."""
    events = list[Event]()
    with pytest.raises(KeyboardInterrupt):
        run_protect(request, Runtime("cpu", progress=Stopping(stage)), events.append)
    return [event.text for event in events if isinstance(event, Note)]


def finished(request: ProtectRequest) -> tuple[list[str], list[Event]]:
    progress, events = Stopping(), list[Event]()
    run_protect(request, Runtime("cpu", progress=progress), events.append)
    return progress.begun, events


@pytest.mark.parametrize("stage", ["generator", "protecting"])
def test_a_stopped_fit_goes_on_with_its_surrogates(tmp_path: Path, stage: str) -> None:
    request = ProtectRequest(DIGITS, tmp_path / "out", method=TAP)
    folder = OutputFolder(request.out)
    told = stopped(request, stage)
    assert f"surrogates and secret wait in {folder.fit} for the same command again: keep that folder private" in told
    assert [path.name for path in request.out.iterdir()] == [folder.fit.name]
    seed = json.loads((folder.fit / "request.json").read_text())["seed"]
    begun, events = finished(request)
    assert "surrogate" not in begun
    assert Resumed("secret, surrogates, 1 fit" if stage == "protecting" else "secret, surrogates") in events
    assert {path.name for path in request.out.iterdir()} == {"release", "private"}
    assert json.loads(folder.private.config.read_text())["seed"] == seed
    whole = replace(request, out=tmp_path / "whole", seed=seed)
    begun, events = finished(whole)
    assert "surrogate" in begun
    assert_same_bytes(folder.release.path, OutputFolder(whole.out).release.path)


@pytest.mark.parametrize(
    "other",
    [
        {"method": MethodChoice("tap", {"epochs": 2, "surrogate_epochs": 1})},
        {"data": replace(DIGITS, data_seed=1)},
        {"seed": 3},
        {"fit_limit": 10},
    ],
)
def test_another_request_takes_neither_secret_nor_surrogates(tmp_path: Path, other: dict[str, Any]) -> None:
    request = ProtectRequest(DIGITS, tmp_path / "out", method=TAP)
    folder = OutputFolder(request.out)
    stopped(request, "generator")
    seed = json.loads((folder.fit / "request.json").read_text())["seed"]
    begun, events = finished(replace(request, **other))
    assert "surrogate" in begun
    assert not any(isinstance(event, Resumed) for event in events)
    assert json.loads(folder.private.config.read_text())["seed"] != seed
    assert not folder.fit.exists()


@pytest.mark.parametrize("changed", ["pixels", "labels", "splits"])
def test_fits_of_other_images_are_not_gone_on_with(tmp_path: Path, changed: str) -> None:
    def photos(changed: str = "") -> None:
        rows = ["file,kind,split"]
        for number in range(40):
            kind = (number + (changed == "labels")) % 2
            rows.append(f"{number}.png,{'ab'[kind]},{'test' if number < 8 + (changed == 'splits') else 'train'}")
            grey = 255 - 5 * number if changed == "pixels" else 5 * number
            Image.new("L", (16, 16), grey).save(tmp_path / "photos" / f"{number}.png")
        (tmp_path / "photos/labels.csv").write_text("\n".join(rows))

    (tmp_path / "photos").mkdir()
    photos()
    request = ProtectRequest(DataOptions(data=tmp_path / "photos", no_cache=True), tmp_path / "out", method=TAP, seed=1)
    stopped(request, "protecting")
    photos(changed)
    begun, events = finished(request)
    assert "generator" in begun
    assert Note("images or labels have changed since the interrupted run: its fits are not used") in events
    assert run_verify(VerifyRequest(request.out, request.data), Runtime("cpu")).proof.largest_change == 8


def test_nothing_is_kept_of_a_fit_that_has_no_surrogate_yet(tmp_path: Path) -> None:
    told = stopped(ProtectRequest(DIGITS, tmp_path / "out", method=TAP), "surrogate")
    assert not [note for note in told if "wait in" in note]
    assert list(tmp_path.iterdir()) == []


def test_what_is_damaged_is_begun_again(tmp_path: Path) -> None:
    request = ProtectRequest(DIGITS, tmp_path / "out", method=TAP)
    stopped(request, "generator")
    (OutputFolder(request.out).fit / "request.json").write_text("{")
    begun, _ = finished(request)
    assert "surrogate" in begun


def test_a_preview_stays_where_a_run_is_stopped_before_its_first_surrogate(tmp_path: Path) -> None:
    request, events = ProtectRequest(DIGITS, tmp_path / "out", method=TAP, preview=2), list[Event]()

    class StoppingAfterPreview(Stopping):
        def track(
            self, steps: Iterable[T], description: str, total: int | None = None, time_left: bool = True
        ) -> Iterator[T]:
            if (request.folder.fit / PREVIEW).exists():
                raise KeyboardInterrupt
            return super().track(steps, description, total, time_left)

    with pytest.raises(KeyboardInterrupt):
        run_protect(request, Runtime("cpu", progress=StoppingAfterPreview()), events.append)
    (note,) = [event.text for event in events if isinstance(event, Note) and PREVIEW in event.text]
    assert note == f"{PREVIEW} stays in {request.folder.fit} and shows clean images: keep that folder private"
    assert os.name == "nt" or request.folder.fit.stat().st_mode & 0o077 == 0
    _, events = finished(request)
    assert Resumed("secret, preview") in events
    assert request.folder.private.preview.is_file()
    assert not request.folder.fit.exists()
