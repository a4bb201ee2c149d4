"""Seconds, images per second and peak memory of mtlue against the published procedure's cost (published_cost.py).

    OMP_NUM_THREADS=2 python benchmarks/speed.py --threads 2                # 2 CPU cores; the issue's figures
    python benchmarks/speed.py --device cuda --batches 128 512 --steps 20   # a GPU
    python benchmarks/speed.py --only epochs passes --sizes 32 140 256 --batches 16
    python benchmarks/speed.py --quick                                      # tiny: whether it runs (all but memory)

Both run in this process and take turns; figures are medians with the lowest and highest in brackets, ratios are formed
turn by turn. Data are random and models untrained, which costs what real ones do. Ours is the default configuration
with the surrogate that is named, trained by the same code as in `mtlue protect`. An epoch is extrapolated from
`--steps` batches; on a GPU take enough that a turn lasts a second.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from timing.cases import Case, Plan, fitted_folder
from timing.epochs import epochs
from timing.measuring import interleaved, ratios, spread
from timing.memory import memory

from mtlue.bounds import DEFAULT_EPSILON, add_rounded, to_float
from mtlue.jobs.releases.apply import run_apply
from mtlue.jobs.requests.owner import ApplyRequest
from mtlue.methods.input_gradient import input_gradient
from mtlue.models import MultiTaskModel


def passes(plan: Plan) -> None:
    """Forward and backward of the generator, next to the surrogate's."""
    case, batch = plan.case, plan.case.one_batch()
    images, ours, surrogates = to_float(batch.images), case.generator(), case.surrogates("tap")
    published = case.published_generator()
    fitting = case.ours("tap")
    view = case.pipeline.draw(images, torch.Generator().manual_seed(0))
    views, labels = view.cut(images), view.labels(case.data.tasks, batch.labels)
    targets = fitting.objective.targets(case.data.tasks, labels)
    learner = case.surrogates("tap")[0].train().requires_grad_(True)
    times = interleaved(
        {
            "generator": lambda: ours(images, batch.labels, DEFAULT_EPSILON).sum().backward(),
            "published generator": lambda: published(images, batch.labels, DEFAULT_EPSILON).sum().backward(),
            "surrogate": lambda: input_gradient(fitting.objective, surrogates, [(views, labels)], case.runtime),
            "surrogate's own training": lambda: fitting.objective.loss(learner, views, targets).backward(),
        },
        plan.repeats,
        case.runtime.device,
    )
    print(f"forward and backward, milliseconds per image, batches of {case.batch}")
    for name, seconds in times.items():
        print(f"  {name}: {spread([1000 * one / case.batch for one in seconds])}")
    print(f"  generator / surrogate: {spread(ratios(times['generator'], times['surrogate']))}")
    print(f"  published generator / generator: {spread(ratios(times['published generator'], times['generator']))}")


def _step(case: Case, surrogates: list[MultiTaskModel]) -> None:
    case.ours("tap").train(surrogates)


def tasks(plan: Plan) -> None:
    """A step of TAP for several numbers of tasks."""
    jobs: dict[str, Callable[[], object]] = {}
    for count in plan.tasks:
        case = replace(plan.case, tasks=count)
        surrogates = case.surrogates("tap")
        jobs[f"{count}"] = partial(_step, case, surrogates)
        jobs[f"{count} published"] = case.published("tap", surrogates).epoch
    times = interleaved(jobs, plan.repeats, plan.case.runtime.device)
    print(f"a step of TAP by the number of tasks, milliseconds, batches of {plan.case.batch}")
    for count in plan.tasks:
        ours, published = (
            [1000 * one / plan.case.steps for one in times[name]] for name in (f"{count}", f"{count} published")
        )
        more = ratios(times[f"{count}"], times[f"{plan.tasks[0]}"])
        print(
            f"  {count}: ours {spread(ours)}, {spread(more)} times that of {plan.tasks[0]} tasks; published cost "
            f"{spread(published)}, ratio {spread(ratios(published, ours))}"
        )


def apply(plan: Plan) -> None:
    """Images per second: perturbing alone, and the command from files to a verified release."""
    case, batch = plan.case, plan.case.one_batch()
    method, published = case.method(), case.published_generator().eval()

    @torch.no_grad()
    def perturb() -> None:
        delta = published(to_float(batch.images), batch.labels, DEFAULT_EPSILON)
        add_rounded(batch.images, delta, DEFAULT_EPSILON)

    jobs = {"ours": lambda: method.protect(batch), "published": perturb}
    times = interleaved(jobs, plan.repeats, case.runtime.device)
    rates = {name: [case.batch / one for one in seconds] for name, seconds in times.items()}
    print("apply, images per second")
    print(
        f"  perturbing: ours {spread(rates['ours'])}, published {spread(rates['published'])}, "
        f"ratio {spread(ratios(rates['ours'], rates['published']))}"
    )
    with TemporaryDirectory() as name:
        private, data = fitted_folder(Path(name), case, case.size, plan.files)
        request = ApplyRequest(data, Path(name) / "again", overwrite=True, private=private)
        command = {"apply": lambda: run_apply(request, case.runtime)}
        seconds = interleaved(command, plan.repeats, case.runtime.device)["apply"]
    print(
        f"  the command, from {plan.files} PNG files to a verified release: {spread([plan.files / s for s in seconds])}"
    )


SECTIONS = {"epochs": epochs, "passes": passes, "tasks": tasks, "apply": apply, "memory": memory}
QUICK = {
    "only": ["epochs", "passes", "tasks", "apply"],
    "methods": ["em", "sep"],
    "sizes": [16],
    "batches": [4],
    "task_count": 5,
    "tasks": [3, 8],
    "steps": 1,
    "images": 100,
    "files": 6,
    "large": 64,
    "surrogate": "tiny",
    "repeats": 1,
}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line; ``--quick`` changes defaults, flags given with it win."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--methods", nargs="+", choices=["em", "tap", "sep"], default=["em", "tap", "sep"])
    parser.add_argument("--sizes", type=int, nargs="+", default=[70])
    parser.add_argument("--batches", type=int, nargs="+", default=[32], help="images per step")
    parser.add_argument("--task-count", type=int, default=40, help="binary tasks, but for the section tasks")
    parser.add_argument("--tasks", type=int, nargs="+", default=[3, 14, 40, 200], help="of the section tasks")
    parser.add_argument("--steps", type=int, default=2, help="batches that an epoch is extrapolated from")
    parser.add_argument("--images", type=int, default=4000, help="of an epoch")
    parser.add_argument("--files", type=int, default=200, help="that the command apply reads")
    parser.add_argument("--large", type=int, default=1000, help="side of the images that apply's memory is measured on")
    parser.add_argument("--surrogate", default="resnet18")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="32-true", help="of ours")
    parser.add_argument("--threads", type=int, help="of torch on the CPU")
    parser.add_argument("--quick", action="store_true", help="sizes that mean nothing, in less than a minute")
    if parser.parse_args(arguments).quick:
        parser.set_defaults(**QUICK)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    for size, batch in product(options.sizes, options.batches):
        case = Case(
            size, batch, options.task_count, options.steps, options.surrogate, options.device, options.precision
        )
        plan = Plan(case, options.methods, options.repeats, options.images, options.tasks, options.files, options.large)
        print(f"{case.describe()}, {options.repeats} turns")
        for name in options.only:
            SECTIONS[name](plan)


if __name__ == "__main__":
    main()
