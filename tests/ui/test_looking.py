"""What a look says of a folder, and what a protection would take of it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.jobs.inspection.inspect import run_inspect
from mtlue.jobs.protection import self_check
from mtlue.jobs.protection.expected_work import check_work
from mtlue.jobs.requests.owner import InspectRequest
from mtlue.release.again import protected_again
from mtlue.runtime import Runtime
from mtlue.ui.stages import looking
from mtlue.ui.wording.findings import Findings


def looked_at(
    folder: Path, size: tuple[int, ...], split: str = "", count: int = 12, again: str | None = None
) -> Findings:
    draws = np.random.default_rng(0)
    rows = ["file,kind,split" if split else "file,kind"]
    for number in range(count):
        Image.fromarray(draws.integers(0, 256, size, dtype=np.uint8)).save(folder / f"{number}.png")
        rows.append(f"{number}.png,{'ab'[number % 2]}" + (f",{split}" if split else ""))
    (folder / "labels.csv").write_text("\n".join(rows))
    options = DataOptions("table", folder, labels=folder / "labels.csv", no_cache=True)
    return looking.findings(run_inspect(InspectRequest(options), Runtime("cpu")), "a table", Runtime("cpu"), again)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_TIMED", 0.01)


@pytest.mark.parametrize(("size", "colour"), [((17, 23, 3), True), ((17, 23), False)])
def test_odd_sizes_and_grey(tmp_path: Path, size: tuple[int, ...], colour: bool) -> None:
    found = looked_at(tmp_path, size)
    assert (found.images, found.height, found.width, found.colour, found.resized) == (12, 17, 23, colour, False)
    assert [(task.name, task.classes, task.labels) for task in found.tasks] == [("kind", 2, 12)]
    assert found.presets == ["fast", "strong"]
    assert found.doubts == [
        "Only 8 training images: below 500, protection is doubtful.",
        "4 test images: an audit can tell little or nothing of any task, whatever its budget, as it needs at least "
        "20 test images in each of two classes; what would help: more photos, or a larger share of "
        "them for testing ('Share of the photos kept for testing').",
    ]
    assert found.estimate.check == 0  # too few images for one
    assert 0 < found.estimate.seconds["fast"] < found.estimate.seconds["strong"]
    files = sum(path.stat().st_size for path in tmp_path.glob("*.png"))
    assert found.estimate.source_bytes == files
    assert found.estimate.bytes["standard"] == pytest.approx(files, rel=0.2)  # noise takes what noise takes


def test_the_time_is_that_of_the_tasks_that_are_ticked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two columns of classes and masks, which cost a check far more."""
    monkeypatch.setattr(self_check, "LEAST_TRAINING", 2)
    monkeypatch.setattr(self_check, "LEAST_TEST", 1)
    draws = np.random.default_rng(0)
    rows = ["file,kind,region,tone"]
    for number in range(12):
        Image.fromarray(draws.integers(0, 256, (17, 23, 3), dtype=np.uint8)).save(tmp_path / f"{number}.png")
        mask = np.zeros((17, 23), np.uint8)
        mask[number:] = 1
        Image.fromarray(mask).save(tmp_path / f"{number}-mask.png")
        rows.append(f"{number}.png,{'ab'[number % 2]},{number}-mask.png,{'cd'[number % 2]}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    options = DataOptions("table", tmp_path, labels=tmp_path / "labels.csv", no_cache=True)
    result = run_inspect(InspectRequest(options), Runtime("cpu"))
    estimate = looking.findings(result, "a table", Runtime("cpu")).estimate
    (preset,) = estimate.seconds
    assert estimate.check_of["region"] > 3 * estimate.check_of["kind"] > 0
    assert estimate.check_of["kind"] == estimate.check_of["tone"]
    both, one = estimate.of(preset), estimate.of(preset, ["region"])
    assert both - one == pytest.approx(estimate.check_of["region"])
    tasks = [task for task in result.collection.tasks if task.name != "region"]
    shares = [
        (estimate.check + sum(estimate.check_of[task.name] for task in which)) / check_work(result.collection, which)
        for which in (tasks, list(result.collection.tasks))
    ]
    assert shares[0] == pytest.approx(shares[1], rel=0.1)  # the machine's speed, in both


def test_a_release_is_known_as_one_before_it_is_protected_again(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "metadata.csv").write_text("file_name,id,split,age\n")
    (tmp_path / "manifest.json").write_text('{"tool": "mtlue", "epsilon": 8}')
    note = protected_again(tmp_path, None, "the folder 'photos'")
    assert note is not None
    assert "a pixel may then differ further from the images that were protected first" in note
    (tmp_path / "data").mkdir()
    found = looked_at(tmp_path / "data", (17, 23, 3), again=note)
    assert found.doubts[0].startswith("The folder 'photos' is a release that mtlue wrote:")


def test_no_training_images(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no train images"):
        looked_at(tmp_path, (16, 16, 3), split="test")
