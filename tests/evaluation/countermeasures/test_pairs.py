"""Pairs that an attacker makes with this tool."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from countering import attacker_of

from conftest import quick_settings
from mtlue import InputError, Runtime
from mtlue.data import ArrayDataset
from mtlue.evaluation.attacker import Attacker
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.pairs import make_pairs
from mtlue.methods import FitRecord, MethodChoice, Perturber


def with_method(name: str) -> Attacker:
    return replace(attacker_of(), method=MethodChoice(name, quick_settings(name), 4 / 255))


@pytest.mark.parametrize("name", ["lsp-patch", "tap", "em-samplewise"])
def test_pairs_are_the_attackers_own_images_and_within_epsilon(name: str) -> None:
    attacker = with_method(name)
    pairs = make_pairs(attacker, 500)
    assert attacker.clean is not None
    assert torch.equal(pairs.clean.images[:], attacker.clean.images[:])
    assert pairs.protected.ids == pairs.clean.ids
    change = (pairs.protected.images[:].int() - pairs.clean.images[:].int()).abs()
    assert 0 < change.max() <= 4


def test_the_secret_is_not_the_owners() -> None:
    """With the very seed of the audit, the owner's perturbation of the attacker's images is another one."""
    attacker = with_method("lsp-patch")
    assert attacker.clean is not None
    assert attacker.method is not None
    pairs = make_pairs(attacker, 500)
    owner = attacker.method.build()
    owner.fit(attacker.clean, attacker.runtime, attacker.pipeline)
    changes = [
        images.int() - attacker.clean.images[:].int()
        for images in (pairs.protected.images[:], owner.protect(attacker.clean.batch(torch.arange(24))))
    ]
    assert not torch.equal(*changes)
    own, theirs = (change.float().mean(0).flatten() for change in changes)
    assert abs(float(torch.corrcoef(torch.stack([own, theirs]))[0, 1])) < 0.3


def test_a_method_is_not_fitted_on_tasks_that_the_release_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    attacker = attacker_of()
    held, *others = [task.name for task in attacker.training.tasks]
    assert others
    fitted: list[list[str]] = []
    whole = Perturber.fit

    def told(self: Perturber, dataset: ArrayDataset, *more: Any) -> FitRecord:
        fitted.append([task.name for task in dataset.tasks])
        return whole(self, dataset, *more)

    monkeypatch.setattr(Perturber, "fit", told)
    all_tasks = make_pairs(attacker, 500)
    without = make_pairs(replace(attacker, holdout=(held,)), 500)
    assert fitted == [[held, *others], others]
    assert without.key != all_tasks.key
    assert torch.equal(without.clean.images[:], all_tasks.clean.images[:])


def test_few_are_chosen_alike_for_each_secret_and_as_the_control_has_them() -> None:
    attacker = attacker_of()
    first, again = (make_pairs(attacker, 8) for _ in range(2))
    assert len(first.clean) == 8
    assert first.clean.ids == again.clean.ids
    assert first.key == again.key
    other = make_pairs(replace(attacker, runtime=Runtime("cpu", seed=1)), 8)
    assert other.clean.ids == first.clean.ids == create("purifier:pairs=8").uses(attacker).ids
    assert other.key != first.key


def test_pairs_are_made_once_where_the_attacker_has_a_folder(tmp_path: Path) -> None:
    attacker = replace(attacker_of(), folder=tmp_path)
    first = make_pairs(attacker, 8)
    (file,) = tmp_path.iterdir()
    written = file.stat().st_mtime_ns
    again = make_pairs(replace(attacker, training=attacker.own()), 8)
    assert torch.equal(first.protected.images[:], again.protected.images[:])
    assert [found.stat().st_mtime_ns for found in tmp_path.iterdir()] == [written]


def test_what_is_missing_is_said() -> None:
    with pytest.raises(InputError, match="needs at least 2 clean images"):
        make_pairs(replace(attacker_of(), clean=None), 8)
    with pytest.raises(InputError, match="the release's method, which is not installed here"):
        make_pairs(replace(attacker_of(), method=None), 8)
