"""What a look says of a folder, and what a protection would take of it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.jobs.inspect import run_inspect
from mtlue.jobs.requests import InspectRequest
from mtlue.runtime import Runtime
from mtlue.ui import looking
from mtlue.ui.findings import Findings


def looked_at(folder: Path, size: tuple[int, ...], split: str = "", count: int = 12) -> Findings:
    draws = np.random.default_rng(0)
    rows = ["file,kind,split" if split else "file,kind"]
    for number in range(count):
        Image.fromarray(draws.integers(0, 256, size, dtype=np.uint8)).save(folder / f"{number}.png")
        rows.append(f"{number}.png,{'ab'[number % 2]}" + (f",{split}" if split else ""))
    (folder / "labels.csv").write_text("\n".join(rows))
    options = DataOptions("table", folder, labels=folder / "labels.csv", no_cache=True)
    return looking.findings(run_inspect(InspectRequest(options), Runtime("cpu")), "a table", Runtime("cpu"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_TIMED", 0.01)


@pytest.mark.parametrize(("size", "colour"), [((17, 23, 3), True), ((17, 23), False)])
def test_odd_sizes_and_grey(tmp_path: Path, size: tuple[int, ...], colour: bool) -> None:
    found = looked_at(tmp_path, size)
    assert (found.images, found.height, found.width, found.colour, found.resized) == (12, 17, 23, colour, False)
    assert [(task.name, task.classes, task.labels) for task in found.tasks] == [("kind", 2, 12)]
    assert found.presets == ["fast", "strong"]
    assert 0 < found.estimate.seconds["fast"] < found.estimate.seconds["strong"]
    files = sum(path.stat().st_size for path in tmp_path.glob("*.png"))
    assert found.estimate.source_bytes == files
    assert found.estimate.bytes["standard"] == pytest.approx(files, rel=0.2)  # noise takes what noise takes


def test_no_training_images(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no train images"):
        looked_at(tmp_path, (16, 16, 3), split="test")
