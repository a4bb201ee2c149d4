from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.jobs.events import (
    DataLoaded,
    Event,
    FewImages,
    FewTested,
    FidelityMeasured,
    Fitted,
    MethodChosen,
    Note,
    ReleaseWritten,
)
from mtlue.jobs.owner_events import ProtectionForecast
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.private_folder import saved_fidelity
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods.options import MethodChoice
from mtlue.runtime import Runtime

T = TypeVar("T")
DIGITS = DataOptions("digits", limit_train=12, limit_test=4)
NOISE = MethodChoice("noise")


def told(request: ProtectRequest) -> list[Event]:
    events: list[Event] = []
    run_protect(request, Runtime("cpu"), events.append)
    return events


def test_what_happens_is_told_in_order(tmp_path: Path) -> None:
    events = told(ProtectRequest(DIGITS, tmp_path / "out", method=NOISE, seed=0))
    assert [type(event) for event in events] == [
        DataLoaded,
        FewImages,
        FewTested,
        ProtectionForecast,
        Fitted,
        FidelityMeasured,
        ReleaseWritten,
    ]
    loaded, few, tested, _, fitted, measured, written = events
    assert isinstance(loaded, DataLoaded)
    assert len(loaded.collection.listing) == 16
    assert few == FewImages(12, 500, audited=False)
    assert isinstance(tested, FewTested)
    assert (tested.images, tested.audited) == (4, False)
    assert isinstance(fitted, Fitted)
    assert fitted.method == "noise"
    assert isinstance(measured, FidelityMeasured)
    assert measured.fidelity == saved_fidelity(tmp_path / "out/private")
    assert len(measured.fidelity.images) == 16
    assert isinstance(written, ReleaseWritten)
    assert (written.folder, written.changed, written.largest_change) == (tmp_path / "out", 16, 8)
    assert (written.folder / "release/manifest.json").is_file()


def test_the_result_says_what_was_written(tmp_path: Path) -> None:
    result = run_protect(ProtectRequest(DIGITS, tmp_path / "out", method=NOISE, splits=("test",)), Runtime("cpu"))
    assert result.manifest.counts == {"test": 4}
    assert len(result.collection.listing) == 4
    assert (result.changed, result.largest_change, result.files.survival) == (4, 8, 1.0)


def test_auto_tells_of_an_unusual_choice(tmp_path: Path) -> None:
    scenes = DataOptions("scenes", limit_train=6, limit_test=2, size=48)
    events = told(ProtectRequest(scenes, tmp_path / "out", seed=0))
    assert MethodChosen("joint-code") in events


def test_a_method_that_is_fitted_to_each_image_releases_those_alone(tmp_path: Path) -> None:
    quick = MethodChoice("tap-samplewise", {"surrogate_epochs": 1, "pgd_steps": 1})
    events = told(ProtectRequest(DIGITS, tmp_path / "out", method=quick, seed=0))
    assert any(isinstance(event, Note) and "only training images are released" in event.text for event in events)
    (written,) = (event for event in events if isinstance(event, ReleaseWritten))
    assert written.manifest.counts == {"train": 12}
    with pytest.raises(InputError, match="fit_limit: method tap-samplewise cannot"):
        told(ProtectRequest(DIGITS, tmp_path / "other", method=quick, fit_limit=5))


def test_a_request_is_checked_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="fit_limit 1: give 2 or more"):
        told(ProtectRequest(DIGITS, tmp_path / "out", fit_limit=1))
    with pytest.raises(InputError, match="splits none: name one or more of test, train"):
        told(ProtectRequest(DIGITS, tmp_path / "out", method=NOISE, splits=("none",)))
    assert list(tmp_path.iterdir()) == []


class Stopping:
    """Progress that cancels the job at a stage, as Ctrl-C does."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.seen: list[str] = []

    def track(
        self, steps: Iterable[T], description: str, total: int | None = None, time_left: bool = True
    ) -> Iterator[T]:
        self.seen.append(description)
        if description.startswith(self.stage):
            raise KeyboardInterrupt
        return iter(steps)

    def note(self, text: str) -> None:
        return None


@pytest.mark.parametrize("stage", ["protecting", "verifying"])
def test_a_cancelled_job_leaves_nothing(tmp_path: Path, stage: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_protect(ProtectRequest(DIGITS, tmp_path / "out", method=NOISE), Runtime("cpu", progress=Stopping(stage)))
    assert list(tmp_path.iterdir()) == []


def test_images_without_a_label_are_named_before_they_are_published(folder: Path, tmp_path: Path) -> None:
    table = folder / "labels.csv"
    head, first, second, *others = table.read_text().splitlines()
    (one, two) = (line.split(",")[0] for line in (first, second))
    table.write_text("\n".join([head, f"{one},,", f"{two},,light", *others]))
    events = told(ProtectRequest(DataOptions("table", folder), tmp_path / "out", method=MethodChoice("lsp-patch")))
    notes = [event.text for event in events if isinstance(event, Note)]
    named = f"{one} has no label to protect, so it stays unprotected in the release: label it, or remove it"
    assert named in notes
    assert not any(two in note for note in notes)
