"""Partial protection: some tasks, or some of the images (method.md, "Countermeasures and partial protection")."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from _asserts import assert_round_trip
from conftest import TensorDataset, quick_config, quick_method, random_dataset
from mtlue import Categorical, InputError, Runtime
from mtlue.bounds import to_float
from mtlue.data import ArrayDataset, Pipeline
from mtlue.methods import METHODS, Perturber, Scope
from mtlue.methods.joint_surrogate import JointSurrogate
from mtlue.methods.objectives import OBJECTIVES


def fitted(name: str, scope: Scope, data: ArrayDataset) -> Perturber:
    method = quick_method(name, scope=scope)
    method.fit(data, Runtime("cpu"))
    return method


def relabelled(data: TensorDataset) -> TensorDataset:
    labels = {**data.labels, "shape": (data.labels["shape"] + 1) % 3}
    return replace(data, labels=labels)


@pytest.mark.parametrize("name", list(METHODS))
def test_a_perturbation_does_not_depend_on_an_unprotected_label(name: str) -> None:
    data = random_dataset()
    method = fitted(name, Scope(unprotected=("shape",)), data)
    first, second = (method.protect(each.batch(torch.arange(12))) for each in (data, relabelled(data)))
    assert torch.equal(first, second)


@pytest.mark.parametrize("name", [name for name in METHODS if name not in OBJECTIVES])
def test_methods_without_a_generator_never_see_an_unprotected_label(name: str) -> None:
    scope = Scope(unprotected=("shape",))
    datasets = (random_dataset(), relabelled(random_dataset()))
    first, second = (fitted(name, scope, each).protect(each.batch(torch.arange(12))) for each in datasets)
    assert torch.equal(first, second)


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_the_generators_loss_keeps_an_unprotected_task(name: str) -> None:
    data = random_dataset(6)
    targets = OBJECTIVES[name](kept=("shape",)).targets(data.tasks, data.labels)
    assert torch.equal(targets["shape"], data.labels["shape"])
    usual = OBJECTIVES[name]().targets(data.tasks, data.labels)
    assert torch.equal(targets["tone"], usual["tone"])


def test_the_error_that_em_stops_on_leaves_unprotected_tasks_aside() -> None:
    data = random_dataset()
    missing = torch.full_like(data.labels["tone"], -1)  # a task without labels has no error
    easy = ArrayDataset(data.tasks, data.images, {**data.labels, "tone": missing}, data.ids)
    for kept, done in (((), False), (("shape",), True)):
        rival = JointSurrogate(quick_config(), easy, Pipeline(), Runtime("cpu"), kept)
        assert rival.learn(lambda batch, part: (to_float(batch.images), dict(batch.labels))) == done


@pytest.mark.parametrize("name", list(METHODS))
def test_a_share_of_the_images_is_protected_and_saved_methods_know_which(name: str, tmp_path: Path) -> None:
    data = random_dataset(40)
    batch = data.batch(torch.arange(40))
    method = fitted(name, Scope(fraction=0.5), data)
    protected = method.protect(batch)
    changed = (protected != batch.images).flatten(1).any(1)
    assert torch.equal(changed, method.scope.covers(batch.ids))
    assert 8 < int(changed.sum()) < 32
    assert_round_trip(method, batch, tmp_path)


def test_a_larger_share_holds_the_smaller_one() -> None:
    ids = [f"image {i}" for i in range(500)]
    few, many = Scope(fraction=0.2).covers(ids), Scope(fraction=0.6).covers(ids)
    assert bool((many | ~few).all())
    assert 60 < int(few.sum()) < 140
    assert bool(Scope().covers(ids).all())


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        ({"unprotected": ("colour",)}, "unprotected: unknown task 'colour'"),
        ({"unprotected": ("shape", "tone")}, "every task"),
        ({"fraction": 0.0}, "fraction 0"),
        ({"fraction": 1.1}, "fraction 1.1"),
    ],
)
def test_impossible_scopes_are_refused(scope: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Scope(**scope).check((Categorical("shape", ("a", "b")), Categorical("tone", ("c", "d"))))
