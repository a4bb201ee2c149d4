"""Protection against the wall time of finding it: one dataset, several recipes of TAP, learners of the evaluation.

    OMP_NUM_THREADS=2 python benchmarks/few_steps.py                                      # digits
    OMP_NUM_THREADS=2 python benchmarks/few_steps.py --dataset utkface --data FOLDER --size 56 --crop 48 \\
        --test-fraction 0.27 --limit-train 4000 --limit-test 1500

A recipe is "E@B/E@B": epochs and images per step, of the surrogate, then of the generator; "E@B/E@B/ema" gives out an
average of the generator's weights over its steps (``--decay``), and "E@B/E@B/ema-constant" with a constant rate. Each
runs once per seed, with freshly trained surrogates. Prints a line per run as it is done, then a line per recipe:
seconds of the fit, and balanced accuracy of MTL and STL learners (mean over tasks), mean and standard deviation over
seeds.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mtlue import Runtime
from mtlue.bounds import DEFAULT_EPSILON
from mtlue.data.listing import TEST, TRAIN
from mtlue.data.loading import Collection, load
from mtlue.data.options import DataOptions
from mtlue.devices import Precision
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.evaluation.learners.protocol import evaluate
from mtlue.generator import Generator
from mtlue.methods import METHODS
from mtlue.methods.fitting import Fitting
from mtlue.methods.joint_surrogate import JointSurrogate
from mtlue.models import MultiTaskModel
from mtlue.training import Recipe

RECIPES = ("15@128/8@64", "8@64/4@32", "8@64/2@32", "6@64/2@32", "4@64/2@32")
"""The default is the third."""


class Averaging(Fitting):
    """Gives out the exponential moving average of the generator's weights instead of the last ones."""

    decay = 0.98

    def train(self, surrogates: Sequence[MultiTaskModel], joint: JointSurrogate | None = None) -> Generator:
        self._average: AveragedModel | None = None
        generator = super().train(surrogates, joint)
        assert self._average is not None
        self._average.update_parameters(generator)
        generator.load_state_dict(self._average.module.state_dict())
        return generator

    def backward(self, wrapped: nn.Module, generator: Generator, *step: Any) -> dict[str, Tensor]:
        if self._average is None:
            self._average = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(self.decay), use_buffers=True)
        self._average.update_parameters(generator)
        return super().backward(wrapped, generator, *step)


def one_run(collection: Collection, method: str, recipe: str, seed: int, precision: Precision) -> dict[str, float]:
    """Seconds of ``fit``, and mean balanced accuracy of each setting's learners, both of one seed."""
    of_surrogate, of_generator, *average = recipe.split("/")
    perturber = METHODS.load(method)()
    train = collection.split(TRAIN)
    base = perturber.config_for(train.tasks)
    changed = replace(
        base,
        recipe=_changed(base.recipe, of_generator, constant=average == ["ema-constant"]),
        surrogate_recipe=_changed(base.surrogate_recipe, of_surrogate),
        steps_per_class=0,
    )
    perturber.config_for = lambda _: changed
    if average:
        perturber.fitting = Averaging
    started = time.perf_counter()
    perturber.fit(train, Runtime("cpu", precision, seed), collection.pipeline)
    seconds = time.perf_counter() - started
    protected = train.with_images(torch.cat([perturber.protect(batch) for batch in train.batches(250)]))
    test = collection.split(TEST)
    data = ComparisonData("few steps", train, protected, test, collection.pipeline, method, DEFAULT_EPSILON)
    scores: dict[str, list[float]] = {"mtl": [], "stl": []}
    plan = EvaluationPlan(seeds=(seed,), conditions=("protected",))
    for record in evaluate(data, plan, Runtime("cpu", seed=seed)):
        scores[record.learner.setting] += [values["balanced_accuracy"] for values in record.metrics.values()]
    return {"seconds": seconds, **{setting: statistics.fmean(values) for setting, values in scores.items()}}


def _changed(recipe: Recipe, text: str, constant: bool = False) -> Recipe:
    epochs, batch_size = (int(part) for part in text.split("@"))
    changed = replace(recipe.with_epochs(epochs), batch_size=batch_size)
    return replace(changed, schedule="constant") if constant else changed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--method", default="tap")
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES))
    parser.add_argument("--decay", type=float, default=Averaging.decay)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--precision", default="32-true", help="of the fit; learners have float32")
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--data", type=Path)
    for name in ("size", "crop", "limit-train", "limit-test"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--test-fraction", type=float)
    options = vars(parser.parse_args())
    method, recipes, seeds, Averaging.decay, precision = (
        options.pop(name) for name in ("method", "recipes", "seeds", "decay", "precision")
    )
    given = {name: value for name, value in options.items() if value is not None}
    collection = load(DataOptions(**given), Runtime("cpu"))
    runs: dict[str, list[dict[str, float]]] = {recipe: [] for recipe in recipes}
    for seed in seeds:
        for recipe in recipes:
            runs[recipe].append(one_run(collection, method, recipe, seed, precision))
            shown = ", ".join(f"{name} {value:.3f}" for name, value in runs[recipe][-1].items())
            print(f"{recipe}, seed {seed}: {shown}", flush=True)
    for recipe, values in runs.items():
        print(f"{recipe}: " + ", ".join(f"{name} {spread([run[name] for run in values])}" for name in values[0]))


def spread(values: list[float]) -> str:
    """Mean and standard deviation."""
    return f"{statistics.fmean(values):.3f} ± {statistics.stdev(values) if len(values) > 1 else 0.0:.3f}"


if __name__ == "__main__":
    main()
