"""The sizes that images may be released at: which are offered, what they take, and what a form's answer means."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from served import FOUND, at, project_in, served

from mtlue.data.collection import Collection
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.runtime import Runtime
from mtlue.ui.stages import processes
from mtlue.ui.stages.looking import _bytes
from mtlue.ui.wording.choices import ProtectChoices
from mtlue.ui.wording.findings import Estimate, SizeOffer
from mtlue.ui.wording.sizing import size_offers
from mtlue.ui.workspace.workplace import Project

ESTIMATE = Estimate({"fast": 60.0}, {"standard": 1000}, None, check=10.0, check_of={"kind": 2.0})


def loaded(folder: Path, sizes: list[tuple[int, int]], size: tuple[int, int] | None = None) -> Collection:
    draws = np.random.default_rng(0)
    rows = ["file,kind"]
    for number, (height, width) in enumerate(sizes):
        pixels = draws.integers(0, 256, (height, width, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        rows.append(f"{number}.png,{'ab'[number % 2]}")
    (folder / "labels.csv").write_text("\n".join(rows))
    options = DataOptions("table", folder, labels=folder / "labels.csv", size=size, no_cache=True)
    return load(options, Runtime("cpu"))


@pytest.mark.parametrize(
    ("own", "offered"),
    [
        ((32, 32), []),  # their own size is the usual one, and half of it is too small
        ((160, 240), ["120x80", "240x160"]),
        ((300, 500), ["112x67", "224x134", "448x268", "own"]),
    ],
)
def test_sizes_up_to_the_images_own(tmp_path: Path, own: tuple[int, int], offered: list[str]) -> None:
    collection = loaded(tmp_path, [own] * 4)
    assert [one.key for one in size_offers(collection, "em", ESTIMATE)] == offered


def test_the_usual_size_is_what_the_command_line_takes_and_others_take_more_or_less(tmp_path: Path) -> None:
    collection = loaded(tmp_path, [(300, 300), (300, 420)] * 6)
    small, usual, own = size_offers(collection, "em", ESTIMATE)
    assert usual.sides == collection.pipeline.image_shape[1:]
    assert usual.estimate == ESTIMATE
    assert small.sides == (112, 112)
    assert small.estimate.of("fast") < usual.estimate.of("fast") == own.estimate.of("fast")
    assert own.native
    assert own.estimate.bytes["standard"] == pytest.approx(1000 * 300 * 360 / 224**2, rel=0.01)
    written = [_bytes(one, 8) for one in (collection, loaded(tmp_path, [(300, 300), (300, 420)] * 6, small.sides))]
    assert small.estimate.bytes["standard"] / 1000 == pytest.approx(
        written[1] / written[0], rel=0.2
    )  # noise is smoothed


def test_a_size_beside_the_usual_one() -> None:
    usual = SizeOffer(10, 10, ESTIMATE)
    assert usual.beside(usual) == ""
    assert (
        SizeOffer(20, 20, ESTIMATE.times(4, 4, 4)).beside(usual) == "About 4 times the time and 4 times the disk space"
    )
    assert SizeOffer(5, 5, ESTIMATE.times(0.3, 0.3, 0.25)).beside(usual) == (
        "About 30 % of the time and 25 % of the disk space"
    )
    assert SizeOffer(10, 10, ESTIMATE.times(1, 1, 2.46), native=True).beside(usual) == "About 2.5 times the disk space"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Where the usual size is 8 × 8, and another and their own are offered."""
    project, estimate = project_in(tmp_path), FOUND.estimate
    offers = [FOUND.usual, SizeOffer(16, 16, estimate.times(3, 3, 4)), SizeOffer(8, 8, estimate, native=True)]
    replace(FOUND, offers=offers).write(project)
    return project


@pytest.mark.parametrize(
    ("key", "size", "native"),
    [("8x8", None, False), ("", None, False), ("16x16", [16, 16], False), ("own", None, True)],
)
def test_what_a_form_says_is_what_is_asked_for(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, size: list[int] | None, native: bool
) -> None:
    asked = {}
    monkeypatch.setattr(processes, "start", lambda _, name, request: asked.update(request))
    form = {"strength": "standard", "preset": "fast", "protected": ["age"], "size": key}
    with served(tmp_path) as client:
        assert client.post(at(f"/projects/{project.key}/protect"), data=form).status_code == 303
        assert (asked["native"], list(asked["size"] or []) or None) == (native, size)
        answer = client.post(at(f"/projects/{project.key}/protect"), data={**form, "size": "9999x1"})
    assert answer.status_code == 400
    assert "&#39;Size of the images&#39; 9999x1: choose one that the page offers." in answer.text


def test_the_page_offers_sizes_and_keeps_to_what_was_asked(project: Project, tmp_path: Path) -> None:
    page = f"/projects/{project.key}"
    with served(tmp_path) as client:
        text = client.get(at(page)).text
        assert '<input type="radio" name="size" value="8x8" checked>' in text
        assert "About 3 times the time and 4 times the disk space" in text
        found = client.get(at(f"{page}/times"), params={"size": "16x16"}).json()
        assert found["sizes"] == {"subtle": "40 bytes", "standard": "80 bytes", "strong": "120 bytes"}
        assert client.get(at(f"{page}/times"), params={"size": "1x1"}).status_code == 400
        project.stage("protect").asked({"strength": "strong", "size": [16, 16], "unprotected": ["hair"]})
        project.stage("protect").journal.add("cancelled", text="")
        text = client.get(at(page)).text
    for checked in ('value="strong" checked', 'value="16x16" checked', 'value="age" checked'):
        assert checked in text
    assert 'value="hair" checked' not in text
    assert ProtectChoices(size=(9, 9)).size_key(FOUND) == FOUND.usual.key


def test_a_look_of_an_earlier_version_offers_the_usual_size_and_their_own() -> None:
    assert [one.key for one in FOUND.offered] == ["8x8", "own"]
    assert replace(FOUND, resized=False).offered == []
