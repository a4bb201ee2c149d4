"""light against published: protection on digits after the same epochs, and time per image for 40 binary tasks at 70x70.

    python benchmarks/structures.py --epochs 4 --seeds 0 1 2

Each structure runs with its own defaults but the same number of epochs. Prints one
line per run as it is done, then both tables. Times are medians of interleaved runs in this process.
"""

import argparse
import statistics
import time
from typing import get_args

import torch

from mtlue import ArrayDataset, Categorical, Pipeline, Runtime
from mtlue.bounds import DEFAULT_EPSILON
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.evaluation.learners.protocol import evaluate
from mtlue.generator import Generator, GeneratorConfig
from mtlue.generator.config import StructureName
from mtlue.methods import MethodChoice

TASKS = [Categorical(f"attribute {i}", ("no", "yes")) for i in range(40)]


def milliseconds_an_image(repetitions: int = 7, batch: int = 8) -> dict[str, tuple[float, float]]:
    """Median forward-and-backward and forward time of both generators, interleaved."""
    images = torch.rand(batch, 3, 70, 70)
    labels = {task.name: torch.randint(2, (batch,)) for task in TASKS}
    names = get_args(StructureName)
    generators = {name: Generator(GeneratorConfig(name).resolved((70, 70)), TASKS, 3) for name in names}
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in generators}
    for repetition in range(repetitions + 1):
        for name, generator in generators.items():
            started = time.perf_counter()
            generator(images, labels, DEFAULT_EPSILON).square().sum().backward()
            both = time.perf_counter() - started
            started = time.perf_counter()
            with torch.no_grad():
                generator(images, labels, DEFAULT_EPSILON)
            forward = time.perf_counter() - started
            if repetition:  # the first warms up
                times[name][0].append(1000 * both / batch)
                times[name][1].append(1000 * forward / batch)
    return {name: (statistics.median(both), statistics.median(forward)) for name, (both, forward) in times.items()}


def protection(structure: str, seed: int, epochs: int, surrogate_epochs: int) -> dict[str, float]:
    """Clean-test accuracy of MTL and STL learners trained on a TAP release of digits."""
    runtime = Runtime("cpu", seed=seed)
    collection = load(DataOptions("digits"), runtime)
    train = collection.split("train")
    settings = {"generator": structure, "epochs": epochs, "surrogate_epochs": surrogate_epochs}
    method = MethodChoice("tap", settings).build()
    record = method.fit(train, runtime, collection.pipeline)
    protected: ArrayDataset = train.with_images(torch.cat([method.protect(b) for b in train.batches(250)]))
    pipeline: Pipeline = collection.pipeline
    data = ComparisonData("digits", train, protected, collection.split("test"), pipeline, "tap", DEFAULT_EPSILON)
    plan = EvaluationPlan(seeds=(seed,), conditions=("protected",))
    scores = {
        f"{result.learner.setting} {task}": values["accuracy"]
        for result in evaluate(data, plan, runtime)
        for task, values in result.metrics.items()
    }
    return {**scores, "generator seconds": record.seconds["generator"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--surrogate-epochs", type=int, default=12)
    structures = get_args(StructureName)
    parser.add_argument("--structures", nargs="+", default=list(structures), choices=structures)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    times = milliseconds_an_image()
    for name, (both, forward) in times.items():
        print(f"{name}: forward and backward {both:.1f} ms, forward {forward:.1f} ms per image", flush=True)
    ratios = [published / light for light, published in zip(times["light"], times["published"], strict=True)]
    print(f"published / light: {ratios[0]:.1f} and {ratios[1]:.1f}", flush=True)
    results: dict[str, list[dict[str, float]]] = {name: [] for name in options.structures}
    for seed in options.seeds:
        for name in options.structures:
            results[name].append(protection(name, seed, options.epochs, options.surrogate_epochs))
            shown = ", ".join(f"{key} {value:.3f}" for key, value in results[name][-1].items())
            print(f"{name}, seed {seed}: {shown}", flush=True)
    for name, runs in results.items():
        for key in runs[0]:
            values = [run[key] for run in runs]
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            print(f"{name} {key}: {statistics.fmean(values):.3f} ± {spread:.3f}")


if __name__ == "__main__":
    main()
