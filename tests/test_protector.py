from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from _asserts import assert_in_ball
from conftest import mixed_dataset, quick_config, quick_settings, random_dataset
from mtlue import Categorical, InputError, MultiTaskDataset, Protector, Runtime, Sample
from mtlue.methods import Scope
from mtlue.methods.config import GENERATOR_PRESETS
from mtlue.tasks import DenseTask


class Own(MultiTaskDataset):
    """A dataset as a user would write it."""

    tasks = random_dataset().tasks

    def __init__(self, count: int) -> None:
        self.data = random_dataset(count)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> Sample:
        return self.data[index]


def protector() -> Protector:
    return Protector("tap", epsilon=4 / 255, settings=quick_settings(), runtime=Runtime("cpu"))


def test_fit_protect_save_load_on_a_dataset_of_ones_own(tmp_path: Path) -> None:
    dataset = Own(10)
    fitted = protector().fit(dataset)
    protected = fitted.protect(dataset)
    assert protected.ids == [sample.id for sample in dataset]
    assert_in_ball(protected.images[:], dataset.data.images, 4, least=1)
    assert torch.equal(protected.labels["shape"][:], dataset.data.labels["shape"])
    fitted.save(tmp_path / "saved")
    loaded = Protector.load(tmp_path / "saved", Runtime("cpu"))
    assert torch.equal(loaded.protect(dataset).images[:], protected.images[:])
    assert loaded.method == "tap"


def test_protected_images_can_be_written_to_a_file_batch_by_batch(tmp_path: Path) -> None:
    data = random_dataset(150, size=(48, 48))
    fitted = Protector("noise", runtime=Runtime("cpu")).fit(data)
    on_disk = fitted.protect(data, tmp_path / "protected.npy")
    assert torch.equal(on_disk.images[:], fitted.protect(data).images[:])
    assert torch.equal(torch.from_numpy(np.load(tmp_path / "protected.npy")), on_disk.images[:])


def test_auto_is_resolved_by_the_tasks_and_the_scope(tmp_path: Path) -> None:
    data = mixed_dataset()
    dense = [task.name for task in data.tasks if isinstance(task, DenseTask)]
    fitted = Protector(runtime=Runtime("cpu")).fit(data)
    assert fitted.method == "joint-code"
    fitted.save(tmp_path)
    assert Protector.load(tmp_path, Runtime("cpu")).method == "joint-code"
    scope = Scope(unprotected=tuple(dense))
    fitted = Protector(settings=quick_settings(), scope=scope, runtime=Runtime("cpu")).fit(data)
    assert (fitted.method, fitted._perturber.scope) == ("tap", scope)


def test_auto_is_chosen_again_for_each_fit_and_a_refused_one_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GENERATOR_PRESETS, "fast", lambda *_: quick_config())
    mixed, whole = mixed_dataset(), random_dataset(10)
    protector = Protector(runtime=Runtime("cpu"))
    for data, method in ((mixed, "joint-code"), (whole, "tap"), (mixed, "joint-code")):
        assert protector.fit(data).method == method
    with pytest.raises(InputError, match="must be a MultiTaskDataset, not list"):
        protector.fit([1, 2])  # type: ignore[arg-type]
    assert protector.method == "joint-code"
    assert len(protector.protect(mixed)) == len(mixed)


@pytest.mark.parametrize("method", ["tap", "joint-code", "auto"])
def test_images_without_any_label_to_protect_are_refused(method: str) -> None:
    data = mixed_dataset()
    blank = {task.name: task.blank_labels(len(data), (16, 16)) for task in data.tasks}
    with pytest.raises(InputError, match="no image carries a label to protect"):
        Protector(method, runtime=Runtime("cpu")).fit(replace(data, labels=blank))


def test_a_dataset_whose_classes_stand_in_another_order_is_refused() -> None:
    fitted = protector().fit(Own(10))
    other = random_dataset(4)
    swapped = (Categorical("shape", ("b", "a", "c")), other.tasks[1])
    with pytest.raises(InputError, match="same classes and order"):
        fitted.protect(replace(other, tasks=swapped))


def test_protecting_before_fitting_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not fitted"):
        protector().protect(Own(3))
    with pytest.raises(InputError, match="not fitted"):
        protector().save(tmp_path)
