"""Perturbed images of a grid: a fit that fails is not begun again for each of its cells."""

import gc
import traceback
import weakref
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from conftest import random_dataset
from mtlue import Runtime
from mtlue.data import Pipeline
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.evaluation.grids.cells import DatasetSpec, Perturbation
from mtlue.jobs.grids import images
from mtlue.jobs.grids.data import LoadedData
from mtlue.jobs.grids.images import GridImages
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.methods.options import MethodChoice

PERTURBED = Perturbation(
    DatasetSpec("digits", DataOptions("digits"), None), "lsp-patch", MethodChoice("lsp-patch"), 0, ()
)


@pytest.fixture
def loaded() -> LoadedData:
    return LoadedData(random_dataset(8), random_dataset(8, seed=1), Pipeline((16, 16)))


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path)
    folder.create()
    return folder


class Large:
    """What a fit holds in memory."""


@pytest.mark.parametrize("kind", [InputError, RuntimeError, OSError])
def test_a_fit_that_fails_is_not_begun_again(
    kind: type[Exception], loaded: LoadedData, folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[weakref.ref[Large]] = []

    class Protector:
        @staticmethod
        def of(*_: object) -> None:
            held = Large()
            begun.append(weakref.ref(held))
            raise kind(f"fit {len(begun)}")

    monkeypatch.setattr(images, "Protector", Protector)
    grid, lengths = GridImages(folder, Runtime("cpu")), []
    for _ in range(3):
        with pytest.raises(kind, match="fit 1") as caught:
            grid.training(PERTURBED, loaded)
        lengths.append(len(traceback.format_exception(caught.value)))
        assert "in of" in "".join(traceback.format_exception(caught.value))
    assert len(begun) == 1
    assert lengths[1] == lengths[2]
    gc.collect()
    assert begun[0]() is None, "the exception keeps what the fit held"


def test_images_that_another_process_makes_are_not_taken_for_failed(loaded: LoadedData, folder: RunFolder) -> None:
    grid = GridImages(folder, Runtime("cpu"))
    with FileLock(folder.locks / f"{PERTURBED.key}.lock"), pytest.raises(Timeout):
        grid.training(PERTURBED, loaded)
    assert len(grid.training(PERTURBED, loaded)) == 8
