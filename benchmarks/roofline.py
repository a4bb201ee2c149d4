"""How long CelebA takes, from a short window of training, and how near the machine's limits that runs.

    OMP_NUM_THREADS=2 python benchmarks/roofline.py --threads 2      # 2 CPU cores
    python benchmarks/roofline.py --device cuda --batch 128          # a GPU
    python benchmarks/roofline.py --quick                            # tiny: whether it runs

TAP's two trainings, each for a window of `--seconds` in passes over some batches of random images of CelebA's size:
the surrogate's own and the generator's against it (an untrained one costs what a trained one does), by the code of
`mtlue protect`. Images lie in memory; what comes before (decoding) and after (export) is not counted.

Roofline: operations of convolutions and matrix products, and bytes that all operations read and write without fusion,
counted in one pass; what the machine can do at best is a large matrix product or convolution and a large copy, the
best of ten before and ten after each window. The share reached is the longer of the two least times over the time
measured. On a GPU also how much of the time it works.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from timing.cases import Case
from timing.limits import TURNS, busy_share, peaks, work
from timing.measuring import settle, spread

from mtlue.methods.config import ResolvedSettings
from mtlue.methods.objectives import OBJECTIVES
from mtlue.training import train

CELEBA = 162_770
"""Images of its training split."""


def trainings(case: Case) -> dict[str, Callable[[], object]]:
    """One pass over the case's batches of each of TAP's trainings."""
    (surrogate,), (learner,) = case.surrogates("tap"), case.surrogates("tap")
    recipe = replace(case.config("tap").surrogate_recipe, batch_size=case.batch)
    learner.requires_grad_(True)
    return {
        "surrogate": lambda: train(learner, case.data, case.pipeline, recipe, case.runtime, "surrogate"),
        "generator": lambda: case.ours("tap").train([surrogate]),
    }


def window(job: Callable[[], object], seconds: float, device: torch.device) -> list[float]:
    """Seconds of each turn of a job until ``seconds`` have passed, after one that warms up."""
    job()
    settle(device)
    turns: list[float] = []
    while sum(turns) < seconds:
        started = time.perf_counter()
        job()
        settle(device)
        turns.append(time.perf_counter() - started)
    return turns


def report(case: Case, seconds: float, turns: int) -> dict[str, float]:
    """Print each training's speed and roofline; the images per second of each."""
    device, count = case.runtime.device, len(case.data)
    rates = {}
    for name, job in trainings(case).items():
        before, passes = peaks(device, case.precision, turns), window(job, seconds, device)
        operations_a_second, bytes_a_second = map(max, before, peaks(device, case.precision, turns))
        rates[name] = count * len(passes) / sum(passes)
        asked = work(job)
        least = asked.operations / operations_a_second, asked.bytes / bytes_a_second
        taken = sum(passes) / len(passes)
        print(f"at best: {operations_a_second / 1e9:,.0f} GFLOP/s, {bytes_a_second / 1e9:,.1f} GB/s")
        print(f"{name}, a window of {sum(passes):.1f} s: {spread([count / one for one in passes])} images per second")
        print(
            f"  an image: {asked.operations / count / 1e9:.3g} GFLOP, {asked.bytes / count / 1e6:,.3g} MB; "
            f"{asked.operations / taken / 1e9:,.0f} GFLOP/s, {asked.bytes / taken / 1e9:,.1f} GB/s"
        )
        print(
            f"  roofline: operations {least[0] / taken:.0%} of the time, bytes {least[1] / taken:.0%}; "
            f"share reached {max(least) / taken:.0%}"
        )
        if device.type == "cuda":
            print(f"  GPU busy: {busy_share(job, device):.0%} of the time")
    return rates


def celeba(rates: dict[str, float]) -> None:
    """Hours of TAP on CelebA at those speeds, with the default's epochs and with the paper's."""
    print(f"TAP on {CELEBA:,} images")
    plan = OBJECTIVES["tap"].plan
    for name, config in (("default", ResolvedSettings.fast(plan)), ("paper", ResolvedSettings.paper(plan))):
        epochs = {"surrogate": config.surrogate_recipe.epochs, "generator": config.recipe.epochs}
        hours = {part: count * CELEBA / rates[part] / 3600 for part, count in epochs.items()}
        parts = ", ".join(f"{part} {epochs[part]} epochs {hours[part]:.3g} h" for part in epochs)
        print(f"  the {name}'s epochs: {parts}, together {sum(hours.values()):.3g} h")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=70)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=20, help="batches of a pass")
    parser.add_argument("--tasks", type=int, default=40)
    parser.add_argument("--surrogate", default="resnet18")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="32-true")
    parser.add_argument("--threads", type=int, help="of torch on the CPU")
    parser.add_argument("--quick", action="store_true", help="sizes that mean nothing")
    if parser.parse_args(arguments).quick:
        parser.set_defaults(size=16, batch=4, steps=1, tasks=3, surrogate="tiny", seconds=0.1)
    options = parser.parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    case = Case(
        options.size,
        options.batch,
        options.tasks,
        options.steps,
        options.surrogate,
        options.device,
        options.precision,
    )
    print(case.describe())
    celeba(report(case, options.seconds, 1 if options.quick else TURNS))


if __name__ == "__main__":
    main()
