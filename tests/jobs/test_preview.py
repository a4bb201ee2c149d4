"""What protect says and shows before its fit: an estimate, and a picture for the owner's eye."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import save_image, write_table
from mtlue import InputError, Runtime
from mtlue.data.embedded.digits import TASKS
from mtlue.data.loading import Collection, load
from mtlue.data.options import DataOptions
from mtlue.fidelity.before_and_after import GAP, before_and_after
from mtlue.jobs.events import Event
from mtlue.jobs.owner_events import PreviewWritten, ProbedFiles, ProtectionForecast
from mtlue.jobs.protection.crew import training_images
from mtlue.jobs.protection.forecast import forecast
from mtlue.jobs.protection.preview import write_preview
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.jobs.requests.self_check import SelfCheckOptions
from mtlue.methods import Scope
from mtlue.methods.options import MethodChoice
from mtlue.models.cost import learner_memory
from mtlue.protector import Protector
from mtlue.release.form import ReleaseForm
from mtlue.release.layout import OutputFolder

DATA = DataOptions("digits", limit_train=80, limit_test=10)


@pytest.mark.parametrize(("method", "short"), [("lsp-patch", False), ("tap", True), ("em-samplewise", True)])
def test_every_kind_of_method_can_be_previewed(tmp_path: Path, method: str, short: bool) -> None:
    request, runtime = ProtectRequest(DATA, tmp_path / "out", method=MethodChoice(method)), Runtime("cpu")
    written = write_preview(tmp_path / "p.png", 2, request, load(DATA, runtime), runtime)
    assert (written.images, written.short) == (2, short)
    assert (tmp_path / "p.png").exists()


def test_a_preview_lies_in_private_in_the_end(tmp_path: Path) -> None:
    told: list[Event] = []
    request = ProtectRequest(DATA, tmp_path / "out", method=MethodChoice("noise"), seed=1, preview=50)
    run_protect(request, Runtime("cpu"), told.append)
    assert [event.images for event in told if isinstance(event, PreviewWritten)] == [50]
    out = OutputFolder(tmp_path / "out")
    assert out.private.preview.exists()
    assert not list(out.release.path.rglob("preview*"))
    assert sorted(path.name for path in out.path.iterdir()) == ["private", "release"]


def test_a_run_that_is_killed_goes_on_whatever_preview_is_asked_for(tmp_path: Path) -> None:
    one, two = (ProtectRequest(DATA, tmp_path, preview=count).identity() for count in (0, 3))
    assert one == two


def test_a_preview_that_is_there_already_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a run goes on; one of another number of images, of others, or that is gone, is made."""
    made, fit, runtime = list[int](), Protector.fit, Runtime("cpu", seed=1)

    def fitting(self: Protector, *given: Any) -> Protector:
        made.append(len(given[0]))
        return fit(self, *given)

    monkeypatch.setattr(Protector, "fit", fitting)
    request, path = ProtectRequest(DATA, tmp_path / "out", method=MethodChoice("lsp-patch")), tmp_path / "p.png"
    whole, fewer = load(DATA, runtime), load(replace(DATA, limit_train=70), runtime)

    def write(count: int, collection: Collection) -> bool:
        before = len(made)
        assert write_preview(path, count, request, collection, runtime).images == count
        return len(made) > before

    assert [write(count, whole) for count in (2, 2, 3, 3)] == [True, False, True, False]
    assert [write(3, fewer), write(3, fewer)] == [True, False]
    path.unlink()
    assert write(3, fewer)


def test_a_sample_has_the_images_that_carry_a_label_to_protect(tmp_path: Path) -> None:
    """Of 300 images two have a species; the season of all stays learnable."""
    rows = [{"file": f"{i}.png", "species": "", "season": ["summer", "winter"][i % 2]} for i in range(300)]
    rows[7]["species"], rows[123]["species"] = "oak", "ash"
    for i in range(300):
        save_image(tmp_path / f"photos/{i}.png", (8, 8), "RGB", seed=i)
    write_table(tmp_path / "photos", rows)
    data = DataOptions("table", tmp_path / "photos", test_fraction=0, tasks=["species", "season"])
    method = MethodChoice("lsp-patch", scope=Scope(unprotected=("season",)))
    collection, runtime = load(data, Runtime("cpu")), Runtime("cpu", seed=2**100)
    for fit_limit in (2, 50):
        request = ProtectRequest(data, tmp_path / "out", method=method, fit_limit=fit_limit)
        fitted = training_images(request, collection, runtime.key)
        assert len(fitted) == fit_limit
        assert sum(not bool(one) for one in collection.tasks[0].unlabelled(fitted.labels["species"][:])) == 2
    assert write_preview(tmp_path / "p.png", 3, request, collection, runtime).images == 3


@pytest.mark.parametrize(("preview", "message"), [(-1, "0 or more"), (65, "give 64 at most")])
def test_absurd_previews_are_refused(tmp_path: Path, preview: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        ProtectRequest(DATA, tmp_path / "out", preview=preview).check()


@pytest.mark.parametrize(("channels", "size"), [(1, (17, 23)), (3, (400, 31))])
def test_the_difference_is_shown_around_grey_and_epsilon_fills_the_range(channels: int, size: tuple[int, int]) -> None:
    before = torch.full((channels, *size), 100, dtype=torch.uint8)
    for change, shown in ((8, 255), (-8, 1), (0, 128)):
        picture = np.array(Image.open(io.BytesIO(before_and_after([(before, before + change)], 8.0))))
        width = (picture.shape[1] - GAP) // 3
        cell = picture[-GAP - 6, GAP + 5 :: width]
        assert [int(pixel[0]) for pixel in cell[:3]] == [100, 100 + change, shown]


@pytest.mark.parametrize(("width", "least"), [(64, 30), (20, 15)])
def test_titles_fill_their_columns_and_no_more(width: int, least: int) -> None:
    """The picture is shown a few hundred pixels wide."""
    image = torch.full((3, 64, width), 100, dtype=torch.uint8)
    picture = np.array(Image.open(io.BytesIO(before_and_after([(image, image)], 8.0))).convert("L"))
    titles = picture[: picture.shape[0] - 320 - GAP]
    assert titles.shape[0] - GAP > least
    if width == 64:
        assert (titles[:, -GAP:] == 255).all()


@pytest.mark.parametrize(
    ("method", "form"),
    [
        (MethodChoice("noise"), ReleaseForm()),
        (MethodChoice("tap", {"epochs": 1, "surrogate_epochs": 1}), ReleaseForm()),
        (MethodChoice("tap", {"epochs": 1, "surrogate_epochs": 1}), ReleaseForm("jpeg", quality=90)),
    ],
    ids=["noise", "tap", "tap, jpeg"],
)
def test_the_forecast_counts_fits_and_tells_what_files_will_be_like(
    tmp_path: Path, method: MethodChoice, form: ReleaseForm
) -> None:
    told: list[Event] = []
    request = ProtectRequest(DATA, tmp_path / "out", form=form, method=method, seed=1)
    unchecked = replace(request, self_check=SelfCheckOptions(self_check=False))
    result = run_protect(unchecked, Runtime("cpu"), told.append)
    (before,) = [event for event in told if isinstance(event, ProtectionForecast)]
    assert (before.images, before.fits) == (90, 1)
    assert before.files.bytes * 90 == pytest.approx(result.files.bytes, rel=0.2)
    lossy = form.format == "jpeg"
    assert (before.files.survival is not None, before.files.largest is not None) == (lossy, lossy)
    if lossy:
        assert before.files.survival == pytest.approx(result.files.survival, abs=0.25)  # a short fit keeps less
        assert before.files.png_bytes > 1.3 * before.files.bytes
        assert (before.files.largest or 0) > 8


def test_another_fit_may_follow_a_check(tmp_path: Path) -> None:
    runtime = Runtime("cpu")
    collection = load(DATA, runtime)
    assert forecast(ProtectRequest(DATA, tmp_path / "o"), collection, collection, runtime).fits == 2


def test_writing_counts_where_there_is_little_to_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Runtime("cpu")
    collection = load(DATA, runtime)
    request = ProtectRequest(DATA, tmp_path / "out", method=MethodChoice("noise"))
    slow = ProbedFiles("png", 8.0, 8, 1000.0, 2.0, 1000.0)
    monkeypatch.setattr("mtlue.jobs.protection.forecast.probe_files", lambda *_, noise: slow)
    assert forecast(request, collection, collection, runtime).seconds == pytest.approx(2.0 * 90)


def test_memory_of_a_learner_grows_with_images_and_pixels() -> None:
    small, large = (learner_memory("tiny", TASKS, 3, view) for view in ((32, 32), (64, 64)))
    assert small.of(64) - small.of(32) == pytest.approx(32 * small.per_image, abs=1)
    assert 3.5 < large.per_image / small.per_image < 4.5
    assert small.weights == large.weights
