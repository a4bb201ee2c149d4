"""Surrogates: trained once for all fits that need the same, alone or beside a perturbation."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import torch

from _runtime import cpu_or_chosen
from conftest import quick_config, quick_method, random_dataset, weights_of
from mtlue import ArrayDataset, InputError, Runtime
from mtlue.data import Pipeline
from mtlue.methods.config import ResolvedSettings
from mtlue.methods.objectives import OBJECTIVES, SurrogatePlan
from mtlue.methods.surrogates import Surrogates, _epochs
from mtlue.progress import Silent
from mtlue.training import Recipe

EPSILON = 8 / 255
SEP = OBJECTIVES["sep"].plan
Learned = tuple[ResolvedSettings, ArrayDataset, Runtime]
"""What a surrogate depends on."""


def test_shared_surrogates_are_trained_once(tmp_path: Path) -> None:
    data, runtime = random_dataset(8), Runtime("cpu")
    first = quick_method("tap", EPSILON).fit(data, runtime, shared=tmp_path).seconds["surrogate"]
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.safetensors")}
    assert files
    assert first > 0
    batch = data.batch(torch.arange(8))
    methods = [quick_method("sep-samplewise", EPSILON) for _ in range(2)]
    methods[0].fit(data, runtime, shared=tmp_path)
    methods[1].fit(data, Runtime("cpu"))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.safetensors")} == files
    assert torch.equal(methods[0].protect(batch), methods[1].protect(batch))


def test_surrogates_of_any_memory_layout_are_kept(tmp_path: Path) -> None:
    config = replace(quick_config(), surrogate="resnet18")
    trainer = Surrogates(config, random_dataset(8), Pipeline(), Runtime("cpu"), tmp_path)
    plan = SurrogatePlan(checkpoints=(1.0,))
    (first,), (again,) = (trainer.checkpoints(plan)[0] for _ in range(2))
    for name, value in first.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)
        assert again.state_dict()[name].stride() == value.stride()


def test_surrogates_that_are_asked_for_at_once_are_trained_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, config, waiting = random_dataset(8), quick_config(), Event()
    trained: list[Surrogates] = []
    train = Surrogates._train

    class Noting(Silent):
        def note(self, text: str) -> None:
            assert "another process trains the same surrogate" in text
            waiting.set()

    def held_up(self: Surrogates, *arguments: Any) -> object:
        trained.append(self)
        assert waiting.wait(30)  # until the other one has come to the lock
        return train(self, *arguments)

    monkeypatch.setattr(Surrogates, "_train", held_up)
    both = [Surrogates(config, data, Pipeline(), Runtime("cpu", progress=Noting()), tmp_path) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda one: one.checkpoints(SurrogatePlan((0.5, 1.0))), both))
    assert len(trained) == 1
    (first, losses), (second, same_losses) = found
    assert losses == same_losses
    for model, same in zip(first, second, strict=True):
        assert all(torch.equal(weight, same.state_dict()[name]) for name, weight in model.state_dict().items())


@pytest.mark.parametrize("name", ["tap", "sep-samplewise"])
def test_surrogates_that_diverge_are_refused_and_not_kept(name: str, tmp_path: Path) -> None:
    method = quick_method(name, EPSILON, surrogate_learning_rate=1e30, surrogate_epochs=2)
    with pytest.raises(InputError, match=r"surrogate: the training diverged: its loss is .*surrogate_learning_rate"):
        method.fit(random_dataset(16), Runtime("cpu"), shared=tmp_path)
    assert not list(tmp_path.rglob("loss.json"))


def test_a_search_refuses_gradients_that_are_not_finite() -> None:
    """One step of a training that diverges: its only loss is the untrained surrogate's."""
    method = quick_method("tap-samplewise", EPSILON, surrogate_learning_rate=1e30)
    with pytest.raises(InputError, match=r"gradients that are not finite.*surrogate_learning_rate"):
        method.fit(random_dataset(8), Runtime("cpu"))


@pytest.mark.parametrize(
    "change",
    [
        lambda config, data, runtime: (replace(config, surrogate="resnet18"), data, runtime),
        lambda config, data, runtime: (config, random_dataset(8, seed=1), runtime),
        lambda config, data, runtime: (config, data, runtime.replace(seed=1)),
    ],
    ids=["backbone", "images", "seed"],
)
def test_other_surrogates_are_not_taken_for_the_same(change: Callable[..., Learned], tmp_path: Path) -> None:
    first: Learned = (quick_config(), random_dataset(8), Runtime("cpu"))
    for config, data, runtime in (first, change(*first)):
        Surrogates(config, data, Pipeline(), runtime, tmp_path).checkpoints(SurrogatePlan((1.0,)))
    assert len(list(tmp_path.glob("surrogates/*/loss.json"))) == 2


@pytest.mark.parametrize(
    ("config", "epochs"),
    [(ResolvedSettings.paper(SEP), range(1, 58, 4)), (ResolvedSettings.fast(SEP), range(1, 16))],
    ids=["paper", "fast"],
)
def test_sep_takes_the_papers_checkpoints_and_every_epoch_of_fifteen(config: ResolvedSettings, epochs: range) -> None:
    assert _epochs(SEP, config.surrogate_recipe) == list(epochs)


@pytest.mark.parametrize("epochs", [1, 2, 7, 8, 15, 41, 60, 1000])
def test_tap_takes_the_last_epoch(epochs: int) -> None:
    assert _epochs(OBJECTIVES["tap"].plan, Recipe(epochs=epochs)) == [epochs]


def test_checkpoints_are_frozen_copies_of_one_training() -> None:
    config = replace(quick_config(), surrogate_recipe=replace(quick_config().surrogate_recipe, epochs=2))
    models, loss = Surrogates(config, random_dataset(8), Pipeline(), cpu_or_chosen()).checkpoints(
        SurrogatePlan((0.5, 1))
    )
    assert len(models) == len(loss) == 2
    assert not any(model.training or any(p.requires_grad for p in model.parameters()) for model in models)
    halfway, end = (weights_of(model) for model in models)
    assert not torch.equal(halfway, end)
