"""Methods on tasks of every kind at once, and on dense ones alone."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from _asserts import assert_in_ball, assert_round_trip
from _runtime import cpu_or_chosen
from conftest import MIXED, mixed_dataset, quick_method
from mtlue import InputError, Runtime
from mtlue.data import Pipeline
from mtlue.methods import METHODS, Scope
from mtlue.tasks import Task

CLASS_WISE = [name for name in METHODS if name.startswith(("lsp", "ar"))]
OTHERS = [name for name in METHODS if name not in CLASS_WISE]
VIEWS = Pipeline((16, 16), (12, 12), True)


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("tasks", [MIXED, MIXED[2:]], ids=["mixed", "dense"])
def test_every_kind_of_task_at_once(name: str, tasks: tuple[Task, ...], tmp_path: Path) -> None:
    data = mixed_dataset(tasks)
    method = quick_method(name)
    record = method.fit(data, Runtime("cpu"), VIEWS)
    assert all(torch.tensor(curve).isfinite().all() for curve in record.curves.values())
    batch = data.batch(torch.arange(len(data)))
    assert_in_ball(method.protect(batch), batch.images, 8, least=1)
    assert_round_trip(method, batch, tmp_path)


@pytest.mark.parametrize("name", CLASS_WISE)
def test_patterns_of_classes_refuse_labels_of_pixels_by_name(name: str) -> None:
    with pytest.raises(InputError, match="task 'region' \\(segmentation\\)"):
        quick_method(name).fit(mixed_dataset(), Runtime("cpu"))


@pytest.mark.parametrize("hidden", ["region", "depth", "normals", "pose"])
def test_a_perturbation_does_not_depend_on_the_label_of_a_task_that_stays_learnable(hidden: str) -> None:
    data = mixed_dataset()
    changed = replace(data, labels={**data.labels, hidden: data.labels[hidden][:].flip(0)})
    method = quick_method("tap", scope=Scope((hidden,)))
    method.fit(data, Runtime("cpu"), VIEWS)
    assert torch.equal(*(method.protect(each.batch(torch.arange(len(each)))) for each in (data, changed)))


def test_new_images_of_another_size_with_their_own_label_maps() -> None:
    method = quick_method("em")
    method.fit(mixed_dataset(), cpu_or_chosen(), VIEWS)
    larger = mixed_dataset(size=(27, 33))
    batch = larger.batch(torch.arange(len(larger)))
    assert_in_ball(method.protect(batch), batch.images, 8)
