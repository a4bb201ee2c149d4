"""How long a fitted method takes to protect one image of 1,000 pixels a side, after another: p50 and p99.

    OMP_NUM_THREADS=1 python benchmarks/latency.py [--device cuda]

TAP, fitted on 200 digits of 32x32 in a few steps (what it learned does not change how long it takes). The perturbation
is found at 32x32 and enlarged, as with --native, or at 1,000 pixels.
"""

import argparse
import json
import time

import numpy as np
import torch

from mtlue import Protector, Runtime
from mtlue.data import Pipeline
from mtlue.data.loading import load
from mtlue.data.options import DataOptions

SIDE, TIMES, WARM_UP = 1000, 60, 5
WAYS = {"found at 32x32 and enlarged": Pipeline(size=(32, 32)), f"found at {SIDE}x{SIDE}": None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    runtime = Runtime(parser.parse_args().device, seed=0)
    digits = load(DataOptions("digits", limit_train=200, limit_test=10), runtime).split("train")
    settings = {"epochs": 1, "surrogate_epochs": 1}
    protector = Protector("tap", settings=settings, runtime=runtime).fit(digits)
    image = torch.randint(256, (digits.images.shape[1], SIDE, SIDE), dtype=torch.uint8)
    labels = {task.name: "0" for task in digits.tasks}
    where = torch.cuda.get_device_name() if runtime.device.type == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    for way, pipeline in WAYS.items():
        seconds = []
        for _ in range(WARM_UP + TIMES):
            started = time.perf_counter()
            protector.protect_image(image, labels, pipeline)
            seconds.append(time.perf_counter() - started)
        p50, p99 = np.percentile(seconds[WARM_UP:], [50, 99])
        print(json.dumps({"way": way, "where": where, "p50_s": round(p50, 4), "p99_s": round(p99, 4), "times": TIMES}))


if __name__ == "__main__":
    main()
