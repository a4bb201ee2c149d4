"""A method that its saved folder would not give back is refused before a release of it appears."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from conftest import random_dataset
from mtlue import InputError, Protector, Runtime
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.data.options import DataOptions
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.restoring import check_restored
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods import METHODS, FitRecord, MethodChoice, Perturber, Scope
from mtlue.runtime import Runtime as AnyRuntime

DIGITS = DataOptions("digits", limit_train=20, limit_test=10)


class Signs(Perturber):
    """One sign for each channel, drawn in the fit; by default saved and restored."""

    inductive = True
    _signs: Tensor

    def _fit(self, dataset: ArrayDataset, runtime: AnyRuntime, pipeline: Pipeline) -> FitRecord:
        self._signs = torch.randn(self.channels, generator=runtime.generator("signs")).sign()
        return FitRecord()

    def _delta(self, images: Tensor, batch: Batch) -> Tensor:
        return self.epsilon * self._signs[:, None, None].expand_as(images)

    def _tensors(self) -> dict[str, Tensor]:
        return {"signs": self._signs}

    def _restore(self, state: dict[str, Any], tensors: dict[str, Tensor], runtime: AnyRuntime) -> None:
        self._signs = tensors["signs"]


class Forgetful(Signs):
    def _restore(self, state: dict[str, Any], tensors: dict[str, Tensor], runtime: AnyRuntime) -> None:
        pass


class Wrong(Signs):
    def _restore(self, state: dict[str, Any], tensors: dict[str, Tensor], runtime: AnyRuntime) -> None:
        self._signs = -tensors["signs"]


class Refusing(Signs):
    def _restore(self, state: dict[str, Any], tensors: dict[str, Tensor], runtime: AnyRuntime) -> None:
        raise KeyError("no such entry")


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(METHODS, "_classes", {kind.__name__: kind for kind in (Signs, Forgetful, Wrong, Refusing)})


def protect(method: str, out: Path) -> None:
    run_protect(ProtectRequest(DIGITS, out, method=MethodChoice(method), seed=0), Runtime("cpu"))


def test_a_method_that_comes_back_is_released(tmp_path: Path) -> None:
    protect("Signs", tmp_path / "out")
    assert (tmp_path / "out/private/generator.json").is_file()


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (
            "Forgetful",
            "method 'Forgetful' fails: AttributeError: .*_signs.*, once saved and restored: write its",
        ),
        ("Refusing", "method 'Refusing' fails: KeyError: 'no such entry', once saved and restored"),
        ("Wrong", "method 'Wrong' finds another perturbation once saved and restored"),
    ],
)
def test_one_that_does_not_is_refused_and_nothing_appears(tmp_path: Path, method: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        protect(method, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", ["Signs", "Wrong"])
def test_it_is_tried_on_images_that_it_changes(tmp_path: Path, method: str) -> None:
    data, scope = random_dataset(60), Scope(fraction=0.1)
    assert scope.covers(data.ids).nonzero()[0] > 1
    protector = Protector(method, scope=scope, runtime=Runtime("cpu")).fit(data)
    protector.save(tmp_path)
    if method == "Signs":
        check_restored(protector, tmp_path, data)
    else:
        with pytest.raises(InputError, match="finds another perturbation"):
            check_restored(protector, tmp_path, data)


def test_where_no_image_is_changed_it_is_restored_all_the_same(tmp_path: Path) -> None:
    data = random_dataset(4)
    protector = Protector("Refusing", scope=Scope(fraction=1e-6), runtime=Runtime("cpu")).fit(data)
    assert torch.equal(protector.protect(data).images[:], data.images[:])
    protector.save(tmp_path)
    with pytest.raises(InputError, match="no such entry"):
        check_restored(protector, tmp_path, data)
