from dataclasses import replace
from pathlib import Path

import pytest
import torch

from conftest import quick_config, random_dataset
from mtlue import Categorical, InputError, MultiTaskDataset, Protector, Runtime, Sample
from mtlue.bounds import largest_difference


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
    return Protector("tap", epsilon=4 / 255, config=quick_config(), runtime=Runtime("cpu"))


def test_fit_protect_save_load_on_a_dataset_of_ones_own(tmp_path: Path) -> None:
    dataset = Own(10)
    fitted = protector().fit(dataset)
    protected = fitted.protect(dataset)
    assert protected.ids == [sample.id for sample in dataset]
    assert 0 < largest_difference(protected.images, dataset.data.images) <= 4
    assert torch.equal(protected.labels["shape"], dataset.data.labels["shape"])
    fitted.save(tmp_path / "saved")
    loaded = Protector.load(tmp_path / "saved", Runtime("cpu"))
    assert torch.equal(loaded.protect(dataset).images, protected.images)
    assert loaded.method == "tap"


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
