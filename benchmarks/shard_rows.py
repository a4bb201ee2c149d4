"""Many rows of Parquet shards through apply: CPU seconds, and memory as the rows go by.

    OMP_NUM_THREADS=1 python benchmarks/shard_rows.py --rows 1000000 --side 16 --work FOLDER

Makes the shards (images of one block of colour in noise, with two tasks) in FOLDER, fits on the first, and protects all
of them in a process of its own, whose memory is read from /proc twice a second. FOLDER is left as it is.
"""

import argparse
import io
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

ROWS = 10_000
"""Of a shard."""
TENTHS = 10
FIT = ["--fit-limit", "1000", "--epochs", "1", "--surrogate-epochs", "1", "--self-check", "false", "--seed", "0"]


def encoded(number: int, side: int) -> bytes:
    """One image as PNG: noise with a block whose place and colour are its labels."""
    draws = np.random.default_rng(number)
    pixels = draws.integers(0, 120, (side, side, 3), dtype=np.uint8)
    left = number % 2 * (side // 2)
    pixels[: side // 2, left : left + side // 2, number % 3] += 100
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png", compress_level=1)
    return file.getvalue()


def write_shard(path: Path, first: int, count: int, side: int) -> None:
    """One shard, as Hugging Face writes images into Parquet."""
    numbers = range(first, first + count)
    columns = {
        "image": [{"bytes": encoded(number, side), "path": f"{number}.png"} for number in numbers],
        "colour": [["red", "green", "blue"][number % 3] for number in numbers],
        "place": [("left", "right")[number % 2] for number in numbers],
    }
    pq.write_table(pa.table(columns), path)


def memory(process: subprocess.Popen[bytes]) -> Iterator[tuple[float, int]]:
    """Seconds since its start, and bytes of resident memory, until the process ends."""
    started, status = time.perf_counter(), Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        rows = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        if "VmRSS" in rows:
            yield time.perf_counter() - started, int(rows["VmRSS"].split()[0]) * 1024
        time.sleep(0.5)


def cpu_seconds() -> float:
    """User and system time of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--side", type=int, default=16)
    parser.add_argument("--work", type=Path, required=True, help="folder with room for the shards, twice")
    options = parser.parse_args()
    shards, fitted, out = (options.work / name for name in ("shards", "fitted", "out"))
    shards.mkdir(parents=True, exist_ok=True)
    for first in range(0, options.rows, ROWS):
        path = shards / f"train-{first // ROWS:05d}.parquet"
        if not path.is_file():
            write_shard(path, first, min(ROWS, options.rows - first), options.side)
    print(f"{options.rows:,} rows of {options.side}x{options.side} in shards of {ROWS:,}", flush=True)
    command, data = [sys.executable, "-m", "mtlue"], ["--dataset", "shards:pattern=train-00000.parquet"]
    if not fitted.is_dir():
        subprocess.run([*command, "protect", "--data", shards, *data, *FIT, "--out", fitted], check=True)
    before = cpu_seconds()
    with (options.work / "apply.log").open("wb") as log:
        words = ["apply", fitted / "private", shards, "--format", "parquet", "--out", out]
        process = subprocess.Popen([*command, *words], stdout=log, stderr=log)
        seen = list(memory(process))
    if process.returncode:
        raise SystemExit(f"{options.work / 'apply.log'} says why apply ended with {process.returncode}")
    seconds = seen[-1][0]
    used = cpu_seconds() - before
    print(f"apply: {seconds:.0f} s, {used:.0f} CPU seconds, {1000 * used / options.rows:.2f} CPU ms a row")
    for tenth in range(TENTHS):
        sizes = [size for at, size in seen if min(int(TENTHS * at / seconds), TENTHS - 1) == tenth]
        print(f"  {tenth + 1:2d} of {TENTHS} parts of the time: at most {max(sizes, default=0) / 2**30:.2f} GiB")


if __name__ == "__main__":
    main()
