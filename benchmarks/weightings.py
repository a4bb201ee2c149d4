"""What a weighting costs: seconds per step and peak memory for 40 binary tasks, as ratios to equal weights (ls).

    python benchmarks/weightings.py --steps 2

The gradients of the tasks are taken one by one (chunk 1), in passes of 8, and all at once. Every line is measured in a
process of its own: the median of the steps after the first, and the largest resident memory.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time

import torch

from mtlue import Categorical, Runtime
from mtlue.models import MultiTaskModel
from mtlue.training import Recipe, TrainingStep, weighting

TASKS = [Categorical(f"attribute {i}", ("no", "yes")) for i in range(40)]
SIDE, BATCH = 64, 32
CASES = [
    ("ls", "1"),
    ("uw", "1"),
    ("rlw", "1"),
    ("aligned-mtl", "1"),
    ("aligned-mtl", "8"),
    ("aligned-mtl", "all"),
    ("fairgrad", "1"),
    ("pcgrad", "1"),
    ("mgda", "1"),
]


def measure(name: str, chunk: str, backbone: str, steps: int) -> None:
    """Print one case's seconds per step and peak bytes."""
    weighting.CHUNK = None if chunk == "all" else int(chunk)
    torch.manual_seed(0)
    model = MultiTaskModel(backbone, TASKS, 3, (SIDE, SIDE))
    step = TrainingStep(model, BATCH, Recipe(), Runtime("cpu"), name)
    images = torch.rand(BATCH, 3, SIDE, SIDE)
    labels = {task.name: torch.randint(2, (BATCH,)) for task in TASKS}
    seconds = []
    for _ in range(steps + 1):
        started = time.perf_counter()
        step(images, labels)
        seconds.append(time.perf_counter() - started)
    print(statistics.median(seconds[1:]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--backbone", default="resnet18", help="timm's plain ResNet-18, with fresh weights")
    parser.add_argument("--case", nargs=2, metavar=("NAME", "CHUNK"), help="measure this one in this process")
    options = parser.parse_args()
    if options.case:
        name, chunk = options.case
        measure(name, chunk, options.backbone, options.steps)
        return
    plain: tuple[float, float] | None = None
    for case in CASES:
        command = [sys.executable, __file__, "--case", *case, "--backbone", options.backbone]
        done = subprocess.run([*command, "--steps", str(options.steps)], stdout=subprocess.PIPE, text=True, check=True)
        seconds, peak = map(float, done.stdout.split())
        plain = plain or (seconds, peak)
        print(
            f"{case[0]}, chunk {case[1]}: {seconds:.2f} s a step, {peak / 2**30:.2f} GiB; "
            f"{seconds / plain[0]:.1f} and {peak / plain[1]:.1f} times ls",
            flush=True,
        )


if __name__ == "__main__":
    main()
