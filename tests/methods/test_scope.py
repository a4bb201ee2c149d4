"""Partial protection: some tasks, or some of the images (PAPER 10)."""

from pathlib import Path

import pytest
import torch

from conftest import quick_config, random_dataset
from mtlue import Categorical, InputError, Runtime
from mtlue.data import ArrayDataset
from mtlue.methods import METHODS, Scope, build_method, load_method


def fitted(name: str, scope: Scope, data: ArrayDataset):
    method = build_method(name, 8 / 255, quick_config(), scope)
    method.fit(data, Runtime("cpu"))
    return method


@pytest.mark.parametrize("name", list(METHODS))
def test_labels_of_an_unprotected_task_change_nothing(name: str) -> None:
    data = random_dataset()
    other = ArrayDataset(data.tasks, data.images, {**data.labels, "shape": (data.labels["shape"] + 1) % 3}, data.ids)
    scope = Scope(unprotected=("shape",))
    batches = [each.batch(torch.arange(12)) for each in (data, other)]
    first, second = (
        fitted(name, scope, each).protect(batch) for each, batch in zip((data, other), batches, strict=True)
    )
    assert torch.equal(first, second)


@pytest.mark.parametrize("name", list(METHODS))
def test_a_share_of_the_images_is_protected_and_saved_methods_know_which(name: str, tmp_path: Path) -> None:
    data = random_dataset(40)
    batch = data.batch(torch.arange(40))
    method = fitted(name, Scope(fraction=0.5), data)
    protected = method.protect(batch)
    changed = (protected != batch.images).flatten(1).any(1)
    assert torch.equal(changed, method.scope.covers(batch.ids))
    assert 8 < int(changed.sum()) < 32
    method.save(tmp_path, name)
    assert torch.equal(load_method(tmp_path, Runtime("cpu"))[1].protect(batch), protected)


def test_a_larger_share_holds_the_smaller_one() -> None:
    ids = [f"image {i}" for i in range(500)]
    few, many = Scope(fraction=0.2).covers(ids), Scope(fraction=0.6).covers(ids)
    assert bool((many | ~few).all())
    assert 60 < int(few.sum()) < 140
    assert bool(Scope().covers(ids).all())


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        ({"unprotected": ("colour",)}, "no task 'colour'"),
        ({"unprotected": ("shape", "tone")}, "every task"),
        ({"fraction": 0.0}, "fraction 0"),
        ({"fraction": 1.1}, "fraction 1.1"),
    ],
)
def test_impossible_scopes_are_refused(scope: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Scope(**scope).check((Categorical("shape", ("a", "b")), Categorical("tone", ("c", "d"))))
