"""What each way of saving time gains: ours, and the other ways of doing the same, each alone.

    OMP_NUM_THREADS=1 python benchmarks/levers.py                       # all of them, one thread
    python benchmarks/levers.py --only labels compiled --batch 128 --device cuda
    python benchmarks/levers.py --quick                                 # tiny: whether it runs

All ways of a lever run in this process and take turns. Prints a Markdown table: milliseconds (median, lowest and
highest in brackets), and times ours, formed turn by turn. Data are random and models untrained, which costs what real
ones do.
"""

import argparse
from collections.abc import Sequence

import torch
from timing.cases import Case
from timing.measuring import interleaved, ratios, spread
from ways import generator, images, models, process

LEVERS = {
    "labels": generator.labels,
    "labels-applied": generator.labels_applied,
    "checkpoints": generator.checkpoints,
    "working-size": generator.working_size,
    "memory-format": models.memory_format,
    "training-memory-format": models.training_memory_format,
    "compiled": models.compiled,
    "precision": models.precision,
    "augmentation": images.augmentation,
    "stored": images.stored,
    "export": images.export,
    "file-threads": images.file_threads,
    "optimiser": generator.optimiser,
    "heads": models.heads,
    "png-levels": images.png_levels,
    "start": process.start,
    "workers": process.workers,
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=LEVERS, default=list(LEVERS))
    parser.add_argument("--size", type=int, default=70)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--tasks", type=int, default=40)
    parser.add_argument("--surrogate", default="resnet18")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="sizes that mean nothing, one turn")
    options = parser.parse_args(arguments)
    if options.quick:
        parser.set_defaults(size=32, batch=2, tasks=3, repeats=1)
        options = parser.parse_args(arguments)
    case = Case(options.size, options.batch, options.tasks, 1, options.surrogate, options.device)
    print(
        f"{case.size}x{case.size}, batch {case.batch}, {case.tasks} tasks, {case.surrogate}, {case.device}, "
        f"{torch.get_num_threads()} threads, torch {torch.__version__}, {options.repeats} turns\n"
    )
    print("| lever | way | milliseconds | times ours |\n| --- | --- | ---: | ---: |")
    for name in options.only:
        ways = LEVERS[name](case)
        times = interleaved(ways, options.repeats, case.runtime.device, warm_up=not options.quick)
        for way, seconds in times.items():
            milliseconds = spread([1000 * one for one in seconds])
            print(
                f"| {name} | {way} | {milliseconds} | {spread(ratios(seconds, times[next(iter(ways))]))} |", flush=True
            )


if __name__ == "__main__":
    main()
