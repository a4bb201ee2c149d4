"""A program for one process or several: ``python shared_training.py FOLDER DEVICES`` writes what they found."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

import conftest
from mtlue import Runtime
from mtlue.bounds import to_float
from mtlue.data import ArrayDataset, Pipeline
from mtlue.methods.fitting import Fitting
from mtlue.methods.objectives import OBJECTIVES
from mtlue.models import MultiTaskModel
from mtlue.training import Recipe, predict, train

BATCH_NORM = nn.BatchNorm2d
BY_GRADIENTS = ("aligned-mtl", "fairgrad", "GradVac", "MGDA")
"""Weightings that look at each task's gradients; one weighs heads, too, one has a memory and draws an order."""
VIEWS = Pipeline((16, 16), (12, 12), True)


def everything(folder: Path, devices: int) -> dict[str, Any]:
    """What the processes find together."""
    runtime = Runtime("cpu", seed=5, devices=devices).launch()
    whole, data = conftest.random_dataset(21), conftest.random_dataset(21, missing=True)
    alike = fitted_alike(whole, runtime, folder)
    torch.set_default_dtype(torch.float64)  # training amplifies no rounding then: what differs is wrong
    try:
        exact = Runtime("cpu", "64-true", seed=5, devices=devices)  # type: ignore[arg-type]
        exact.launch()
        learners = {f"generator of {name}": generator(data, exact, name) for name in ("tap", "em")}
        for weighting in ("ls", "uw"):
            learners |= trained(data, exact, weighting)
        for weighting in BY_GRADIENTS:  # what a model says is rounded to float32 for them
            learners |= {name: value.float() for name, value in trained(data, exact, weighting).items()}
        learners["normalised"] = normalised(whole, exact)
        learners["one task"] = trained(one_labelled(data), exact, "fairgrad")["weights fairgrad"].float()
    finally:
        torch.set_default_dtype(torch.float32)
    return {"world size": runtime.world_size, "same everywhere": alike, **learners}


def main(folder: Path, devices: int) -> None:
    torch.set_num_threads(1)
    found = everything(folder, devices)
    if Runtime("cpu", devices=devices).rank == 0:
        torch.save(found, folder / "found.pt")


def plain_model(data: ArrayDataset, runtime: Runtime) -> MultiTaskModel:
    """Without batch normalisation: some of its weights have gradients of 0, whose rounding Adam makes steps of."""
    with runtime.isolated_randomness("weights"):
        return plain("tiny", data.tasks, 3, (12, 12))


def plain(*arguments: Any) -> MultiTaskModel:
    model = MultiTaskModel(*arguments)
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, BATCH_NORM):
                setattr(parent, name, nn.GroupNorm(1, child.num_features))
    return model


def trained(data: ArrayDataset, runtime: Runtime, weighting: str) -> dict[str, Any]:
    """Two epochs of batches of 10, 10 and the one left over with the last: parts of several sizes, labels missing."""
    model, recipe = plain_model(data, runtime), Recipe(epochs=2, batch_size=9, clip_norm=0.5)
    history = train(model, data, VIEWS, recipe, runtime, "learner", weighting=weighting)
    losses = [[epoch.loss, *epoch.error.values()] for epoch in history]
    found = {"weights": conftest.weights_of(model), "losses": torch.tensor(losses)}
    meters = {task.name: task.meter() for task in data.tasks}
    for predictions, labels in predict(model.float(), data, VIEWS, runtime):
        for name, meter in meters.items():
            meter.update(predictions[name], labels[name])
    found["scores"] = torch.tensor([score for meter in meters.values() for score in meter.scores().values()])
    return {f"{name} {weighting}": value for name, value in found.items()}


def one_labelled(data: conftest.TensorDataset) -> ArrayDataset:
    """The same without a label of the first task: no gradients to balance."""
    first = data.tasks[0].name
    return replace(data, labels={**data.labels, first: torch.full_like(data.labels[first], -1)})


def normalised(data: ArrayDataset, runtime: Runtime) -> Tensor:
    """What a learner with batch normalisation says after two epochs of batches of 9, 10 and 2."""
    with runtime.isolated_randomness("weights"):
        model = MultiTaskModel("tiny", data.tasks, 3, (12, 12))
    train(model, data, VIEWS, Recipe(epochs=2, batch_size=10, clip_norm=0.5), runtime, "learner")
    with torch.no_grad():
        said = model.eval()(to_float(data.images[:])[:, :, 2:14, 2:14].double())
    return torch.cat(list(said.values()), dim=1).float()


def generator(data: ArrayDataset, runtime: Runtime, objective: str) -> Tensor:
    """Of TAP, against a surrogate that is not trained; of EM, with one that learns after each of its two epochs."""
    config = conftest.quick_config()
    config = replace(config, recipe=replace(config.recipe, epochs=2 if objective == "em" else 1))
    run = Fitting(OBJECTIVES[objective](), config, 8 / 255, data, runtime, VIEWS)
    fixed = plain_model(data, runtime).eval().requires_grad_(False)
    normalised = patch("torch.nn.BatchNorm2d", lambda channels, **settings: nn.GroupNorm(1, channels))
    with normalised, patch("mtlue.methods.surrogates.MultiTaskModel", plain):
        return conftest.weights_of(run.run() if run.objective.plan.joint else run.train([fixed]))


def fitted_alike(data: ArrayDataset, runtime: Runtime, folder: Path) -> bool:
    """Whether all processes find the same perturbations, surrogates in a shared folder among them."""
    for name in ("tap", "em"):
        method = conftest.quick_method(name)
        method.fit(data, runtime, VIEWS, shared=folder / f"shared by {runtime.world_size}")
        delta = method.perturb(data.batch(torch.arange(len(data))))
        if not torch.equal(runtime.total(delta.clone()), delta * runtime.world_size):
            return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
