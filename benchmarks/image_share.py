"""A grid by TAP with several shares of the image in the light decoder's first layer: records that are named by share.

    python benchmarks/image_share.py configs/small/image_share.yaml --out share --data-root FOLDER

The grid says which datasets, learners and seeds. Killed, it goes on where it was.
"""

import argparse
from pathlib import Path

from mtlue import Runtime
from mtlue.evaluation.grids.grid import Grid
from mtlue.evaluation.records import Record, write_records
from mtlue.generator.decoder import LightDecoder
from mtlue.jobs.grids.benchmark import run_benchmark
from mtlue.jobs.requests.auditor import BenchmarkRequest
from mtlue.structured import read_yaml

SHARES = (1.0, 0.3, 0.1, 0.0)


def records(grid: Path, share: float, out: Path, data_root: Path) -> list[Record]:
    """What learners get from releases whose generator was given the image at ``share``; 0: not at all."""
    LightDecoder.IMAGE_SHARE = share
    method = {"method": "tap", "ablate": [] if share else ["image"]}
    values = {**read_yaml(grid, dict, "give a grid"), "methods": {f"share {share:g}": method}}
    result = run_benchmark(BenchmarkRequest(Grid.of(values), out / f"{share:g}", data_root), Runtime("cpu"))
    if result.failures:
        raise SystemExit("\n".join(f"{failure.what}: {failure.reason}" for failure in result.failures))
    return result.records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grid", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data-root", type=Path, default=Path())
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES)
    options = parser.parse_args()
    found = [
        record for share in options.shares for record in records(options.grid, share, options.out, options.data_root)
    ]
    write_records(options.out / "results.json", found)
    print(f"{len(found)} records: {options.out / 'results.json'}")


if __name__ == "__main__":
    main()
