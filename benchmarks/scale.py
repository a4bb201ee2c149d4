"""Many images through protect and evaluate: seconds and peak memory, and the share of training that is loading.

    python benchmarks/scale.py --images 200000 --side 64

Makes images in a temporary folder (blocks of colour with two tasks), then runs each command in a process of its own.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mtlue import ArrayDataset, Pipeline, Runtime
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.models import MultiTaskModel
from mtlue.training import Recipe, train

_COMMAND = """
import sys
from mtlue.cli import main
status = main(sys.argv[1:])
rows = open("/proc/self/status").read().splitlines()  # what getrusage tells begins at the peak of the parent process
print("peak", next(int(row.split()[1]) for row in rows if row.startswith("VmHWM")) * 1024)
sys.exit(status)
"""
FIT = 4000


def draw(root: Path, side: int, number: int) -> None:
    """One image of 8x8 blocks; its two labels are in its name."""
    blocks = np.random.default_rng(number).integers(0, 200, (side // 8, side // 8, 3), dtype=np.uint8)
    blocks[:, :, number % 3] += 50
    path = root / f"{number // 1000:04d}" / f"{'abc'[number % 3]}-{'de'[number % 2]}-{number}.png"
    Image.fromarray(blocks.repeat(8, 0).repeat(8, 1)).save(path, compress_level=1)


def run(*arguments: object) -> None:
    """A command's seconds and peak memory."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _COMMAND, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    seconds, peak = time.perf_counter() - started, int(done.stdout.rsplit("peak", 1)[1]) / 2**30
    print(f"{arguments[0]}: {seconds:.0f} s, peak memory {peak:.2f} GiB", flush=True)


def loading_share(data: ArrayDataset, pipeline: Pipeline) -> float:
    """Seconds that an epoch's batches take to read, over those of the epoch."""
    runtime, recipe = Runtime("cpu"), Recipe(epochs=1)
    model = MultiTaskModel("tiny", data.tasks, 3, pipeline.crop or (64, 64))
    train(model, data, pipeline, recipe, runtime, "warm-up")
    epoch = train(model, data, pipeline, recipe, runtime, "measured")[0].seconds
    started = time.perf_counter()
    for batch in data.shuffled_batches(recipe.batch_size, torch.Generator().manual_seed(0)):
        batch.to(runtime.device)
    return (time.perf_counter() - started) / epoch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=200_000)
    parser.add_argument("--side", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root, cache = Path(name) / "images", Path(name) / "cache"
        for folder in range(options.images // 1000 + 1):
            (root / f"{folder:04d}").mkdir(parents=True)
        with ProcessPoolExecutor() as pool:
            list(pool.map(partial(draw, root, options.side), range(options.images), chunksize=1000))
        print(f"{options.images} images of {options.side}x{options.side}", flush=True)
        pattern = "(?P<kind>[abc])-(?P<tone>[de])-[0-9]+"
        data = (
            "--dataset",
            "filenames",
            "--data",
            root,
            "--pattern",
            pattern,
            "--cache",
            cache,
            "--size",
            options.side,
        )
        out = Path(name) / "out"
        run("protect", *data, "--out", out, "--fit-limit", FIT, "--self-check", "false")
        limits = ("--limit-train", FIT, "--limit-test", 1000, "--settings", "mtl", "--learner-epochs", 2)
        run("evaluate", *data, *limits, "--protected", out, "--out", Path(name) / "audit")
        collection = load(
            DataOptions("filenames", root, pattern=pattern, cache=cache, size=options.side, limit_train=20_000),
            Runtime("cpu"),
        )
        share = loading_share(collection.split("train"), collection.pipeline)
        print(f"loading: {share:.1%} of an epoch of the tiny backbone on 20,000 mapped images")


if __name__ == "__main__":
    main()
