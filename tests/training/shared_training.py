"""A program for one process or several: ``python shared_training.py FOLDER DEVICES`` writes what they found."""

import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

import conftest
from mtlue import Runtime
from mtlue.data import ArrayDataset, Pipeline
from mtlue.methods.fitting import Fitting
from mtlue.methods.objectives import OBJECTIVES
from mtlue.models import MultiTaskModel
from mtlue.training import Recipe, train

VIEWS = Pipeline((16, 16), (12, 12), True)


def main(folder: Path, devices: int) -> None:
    torch.set_num_threads(1)
    runtime = Runtime("cpu", seed=5, devices=devices).launch()
    whole = conftest.random_dataset(21)
    found: dict[str, Any] = {
        "world size": runtime.world_size,
        "same everywhere": fitted_alike(whole, runtime, folder),
        "generator": generator(whole, runtime),
    }
    torch.set_default_dtype(torch.float64)  # rounding is not amplified by training: what differs then is wrong
    exact, data = Runtime("cpu", "64-true", seed=5, devices=devices), conftest.random_dataset(21, missing=True)  # type: ignore[arg-type]
    found |= {**trained(data, exact.launch(), "ls"), **trained(data, exact, "uw")}
    if runtime.rank == 0:
        torch.save(found, folder / f"{devices}.pt")


def plain_model(data: ArrayDataset, runtime: Runtime) -> MultiTaskModel:
    """Without batch normalisation, which each process on a CPU does for its own rows."""
    with runtime.isolated_randomness("weights"):
        model = MultiTaskModel("tiny", data.tasks, 3, (12, 12))
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(parent, name, nn.GroupNorm(1, child.num_features))
    return model


def trained(data: ArrayDataset, runtime: Runtime, weighting: str) -> dict[str, Any]:
    """Two epochs of batches of 10, 10 and the one left over with the last: parts of several sizes, labels missing."""
    model, recipe = plain_model(data, runtime), Recipe(epochs=2, batch_size=9, clip_norm=0.5)
    history = train(model, data, VIEWS, recipe, runtime, "learner", weighting=weighting)
    losses = [[epoch.loss, *epoch.error.values()] for epoch in history]
    return {f"weights {weighting}": weights(model), f"losses {weighting}": torch.tensor(losses)}


def generator(data: ArrayDataset, runtime: Runtime) -> Tensor:
    """Of TAP, against a surrogate that is not trained."""
    surrogate = plain_model(data, runtime).eval().requires_grad_(False)
    run = Fitting(OBJECTIVES["tap"](), conftest.quick_config(), 8 / 255, data, runtime, VIEWS)
    with patch("torch.nn.BatchNorm2d", lambda channels, **settings: nn.GroupNorm(1, channels)):
        return weights(run.train([surrogate]))


def fitted_alike(data: ArrayDataset, runtime: Runtime, folder: Path) -> bool:
    """Whether all processes find the same perturbations, surrogates in a shared folder among them."""
    for name in ("tap", "em"):
        method = conftest.quick_method(name)
        method.fit(data, runtime, VIEWS, shared=folder / f"shared by {runtime.world_size}")
        delta = method.perturb(data.batch(torch.arange(len(data))))
        if not torch.equal(runtime.total(delta.clone()), delta * runtime.world_size):
            return False
    return True


def weights(model: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(model.parameters()).detach().cpu()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
