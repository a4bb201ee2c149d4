"""What is told before anything is fitted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from PIL import Image

from conftest import read_data, write_table
from mtlue import Runtime
from mtlue.data.loading import Collection, load
from mtlue.data.options import LARGER_SHARE, DataOptions
from mtlue.errors import spoken
from mtlue.jobs.events import Event, FewImages, FewTested, VisibleAtAGlance
from mtlue.jobs.inspection import outlook
from mtlue.jobs.inspection.few_tested import few_tested_of, few_tested_of_release
from mtlue.jobs.inspection.outlook import glance_at, tell_outlook
from mtlue.jobs.protection.forecast import forecast
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods import Scope
from mtlue.methods.options import MethodChoice
from mtlue.release.form import ReleaseForm
from mtlue.tasks import Task

PAINTS = {"oak": (60, 120, 40), "ash": (140, 140, 60), "fir": (20, 70, 160)}


def paint(root: Path, count: int = 120, size: tuple[int, int] = (23, 17)) -> Path:
    """Images of one plain colour, which is their species; seasons say nothing of them."""
    root.mkdir()
    rows = []
    for i in range(count):
        species = list(PAINTS)[i % 3]
        Image.new("RGB", size, PAINTS[species]).save(root / f"{i}.png")
        rows.append({"file": f"{i}.png", "species": species, "season": ["summer", "winter"][i // 3 % 2]})
    write_table(root, rows)
    return root


def told(collection: Collection, tasks: Sequence[Task], fit_limit: int | None = None) -> list[Event]:
    events: list[Event] = []
    tell_outlook(collection, tasks, fit_limit, events.append)
    return events


def named(events: Sequence[Event]) -> list[str]:
    """The tasks that are told of as visible."""
    return [one.task for event in events if isinstance(event, VisibleAtAGlance) for one in event.tasks]


def test_a_plain_colour_is_told_before_it_is_released(tmp_path: Path) -> None:
    root = paint(tmp_path / "photos")
    events: list[Event] = []
    data, scope = DataOptions("table", root, test_fraction=0.4), Scope(unprotected=("species",))
    run_protect(ProtectRequest(data, tmp_path / "out", method=MethodChoice("noise")), Runtime("cpu"), events.append)
    assert named(events) == ["species"]
    events.clear()
    left = MethodChoice("noise", scope=scope)
    run_protect(ProtectRequest(data, tmp_path / "left", method=left), Runtime("cpu"), events.append)
    assert named(events) == []


@pytest.mark.parametrize(("more", "fit_limit", "told_of"), [(0, None, False), (1, None, True), (0, 40, True)])
def test_few_images_are_told(
    more: int, fit_limit: int | None, told_of: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection = read_data("table", paint(tmp_path / "photos"))
    training = collection.splits.count("train")
    monkeypatch.setattr(outlook, "ENOUGH_IMAGES", training + more)
    few = [event for event in told(collection, collection.tasks, fit_limit) if isinstance(event, FewImages)]
    assert few == ([FewImages(fit_limit or training, training + more, audited=False)] if told_of else [])


@pytest.mark.parametrize(
    ("count", "test_fraction", "unjudged"),
    [(120, 0.2, ("species", "season")), (120, 0.45, ("species",)), (240, 0.45, None)],
)
def test_tasks_that_an_audit_cannot_judge_are_told_before_the_fit(
    count: int, test_fraction: float, unjudged: tuple[str, ...] | None, tmp_path: Path
) -> None:
    """Three species and two seasons: a task needs two classes with 20 test images each."""
    collection = read_data("table", paint(tmp_path / "photos", count), test_fraction=test_fraction)
    events = told(collection, collection.tasks)
    testing = collection.splits.count("test")
    few = FewTested(testing, unjudged, 2, 20, LARGER_SHARE) if unjudged else None
    assert [event for event in events if isinstance(event, FewTested)] == ([few] if few else [])
    (trained,) = (event for event in events if isinstance(event, FewImages))
    assert trained.audited is (unjudged is None or len(unjudged) < 2)
    assert all(event.audited is trained.audited for event in events if isinstance(event, VisibleAtAGlance))


@pytest.mark.parametrize("packing", ["png", "parquet", "webdataset"])
def test_a_release_is_judged_by_its_protected_tasks_as_before_the_fit(tmp_path: Path, packing: str) -> None:
    """The seasons of these images could be judged, and stay learnable."""
    data, events = DataOptions("table", paint(tmp_path / "photos"), test_fraction=0.45), list[Event]()
    method = MethodChoice("noise", scope=Scope(unprotected=("season",)))
    request = ProtectRequest(data, tmp_path / "out", form=ReleaseForm(packing), method=method)
    run_protect(request, Runtime("cpu"), events.append)
    (before,) = (event for event in events if isinstance(event, FewTested))
    after = few_tested_of_release(tmp_path / "out")
    assert after is not None
    assert replace(after, more=before.more) == before
    assert not after.audited


@pytest.mark.parametrize(("tested", "told"), [(6, True), (30, False)])
def test_few_test_images_are_too_few_whatever_their_labels_are(tmp_path: Path, tested: int, told: bool) -> None:
    data = DataOptions("scenes", limit_train=20, limit_test=tested)
    run_protect(ProtectRequest(data, tmp_path / "out", method=MethodChoice("noise")), Runtime("cpu"))
    few = few_tested_of_release(tmp_path / "out")
    assert (few is not None and not few.audited and few.images == tested) is told


def test_without_test_images_an_audit_can_judge_nothing(tmp_path: Path) -> None:
    collection = read_data("table", paint(tmp_path / "photos", 30), test_fraction=0.0)
    few = few_tested_of(collection, collection.tasks)
    assert few == FewTested(0, ("species", "season"), 2, 20, LARGER_SHARE)
    assert few is not None
    assert few.text.startswith("no test images: an audit can tell little or nothing of any task, whatever its budget")


@pytest.mark.parametrize(
    ("dataset", "options", "more"),
    [
        ("digits", {"limit_test": 30}, "a higher limit_test"),
        ("table", {"limit_test": 3}, "a higher limit_test"),
        ("table", {"limit_test": 3000}, "a larger share of them for testing (test_fraction)"),
        ("table", {"split_column": "when"}, "more of them for testing in the split column 'when' of "),
    ],
)
def test_what_would_give_more_test_images_is_what_made_them_few(
    dataset: str, options: dict[str, Any], more: str, tmp_path: Path
) -> None:
    folder = paint(tmp_path / "photos", 30)
    table = pd.read_csv(folder / "labels.csv")
    table.assign(when=["train", "test", "train"] * 10).to_csv(folder / "labels.csv", index=False)
    data = None if dataset == "digits" else folder
    collection = load(DataOptions(dataset, data, **options), Runtime("cpu"))
    few = few_tested_of(collection, collection.tasks)
    assert few is not None
    assert f"what would help: more photos, or {more}" in spoken(few.text)


def test_without_test_images_a_share_of_the_training_images_is_held_out(tmp_path: Path) -> None:
    collection = read_data("table", paint(tmp_path / "photos", 240))
    training = replace(collection.listing, splits=["train"] * len(collection.listing))
    species, season = glance_at(replace(collection, listing=training), collection.tasks)
    assert species.task == "species"
    assert species.score == pytest.approx(1)
    assert not season.visible


def test_without_training_images_nothing_is_known(tmp_path: Path) -> None:
    collection = read_data("table", paint(tmp_path / "photos"))
    assert glance_at(collection.restricted_to(["test"]), collection.tasks) == []


def test_labels_of_pixels_are_left_out() -> None:
    collection = load(DataOptions("scenes", limit_train=12, limit_test=12, size=32), Runtime("cpu"))
    assert [one.task for one in glance_at(collection, collection.tasks)] == ["pitch"]
    dense = [task for task in collection.tasks if task.kind == "depth"]
    assert glance_at(collection, dense) == []


def test_large_sets_are_sampled_by_the_hash_of_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = paint(tmp_path / "photos")
    collection = read_data("table", root, test_fraction=0.5)
    monkeypatch.setattr(outlook, "GLANCED_AT", 45)
    limited = read_data("table", root, test_fraction=0.5, limit_train=45, limit_test=45)
    assert len(limited.listing) == 90
    assert glance_at(collection, collection.tasks) == glance_at(limited, limited.tasks)


class Steps:
    """Counts what is reported of each kind of step."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[int, int | None]] = {}

    def track(
        self, steps: Iterable[Any], description: str, total: int | None = None, time_left: bool = True
    ) -> Iterator[Any]:
        for done, step in enumerate(steps, 1):
            yield step
            self.seen[description] = done, total

    def note(self, text: str) -> None:
        raise AssertionError(text)


def test_what_comes_before_the_fit_reports_its_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images that are many take a while to be looked at, and so does a machine that is timed."""
    monkeypatch.setattr("mtlue.jobs.protection.forecast.LITTLE_WORK", 0)
    monkeypatch.setattr("mtlue.jobs.protection.forecast._TIMED", 0.001)
    steps, runtime = Steps(), Runtime("cpu")
    collection = read_data("table", paint(tmp_path / "data"), test_fraction=0.4)
    tell_outlook(collection, collection.tasks, None, list[Event]().append, steps)
    request = ProtectRequest(
        DataOptions("table", tmp_path / "data"), tmp_path / "out", method=MethodChoice("lsp-patch")
    )
    forecast(request, collection, collection, runtime.replace(progress=steps))
    done, total = steps.seen.pop("looking at what shows at a glance")
    assert done == total
    assert done > 1
    assert [done == total for done, total in steps.seen.values()] == [True]
