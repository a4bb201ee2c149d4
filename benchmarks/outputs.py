"""The SHA-256 of every file that small runs of each command write, on one thread: has a change kept the bytes?

    python benchmarks/outputs.py OUT > before.txt     # at one commit; later at another, and compare the two

Times, versions and the machine are left out of JSON files, so that two runs of one commit give the same lines. The
grid of ``benchmark`` and the records of ``evaluate`` are compared by what they say.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

METHODS = ("em", "tap", "sep", "lsp-patch", "ar-patch", "joint-code")
DATASETS = {
    "digits": ["--limit-train", "300", "--limit-test", "100"],
    "scenes": ["--limit-train", "60", "--limit-test", "20", "--size", "48"],
}
CLASS_WISE, IMAGE_TASKS = ("lsp-patch", "ar-patch"), ("count", "largest")
FIT = {"em", "tap", "sep"}
QUICK = ["--epochs", "1", "--surrogate-epochs", "1"]
LEARNERS = ["--seeds", "1", "--learner-epochs", "1"]
AGAINST = ["--stl-tasks", "left", "--countermeasures", "none", "jpeg10", "grey", "bits2", "adversarial"]
GRID = """
datasets:
  digits: {limit_train: 200, limit_test: 100}
methods:
  clean: {}
  tap: {epochs: 1, surrogate_epochs: 1}
  noise: {}
settings: [mtl, stl]
stl_tasks: [left]
countermeasures: [none, jpeg10]
seeds: 1
learner_epochs: 1
"""
TIMES = {"seconds", "versions", "created", "version", "written", "mtlue_version"}
"""Keys of JSON files that differ from run to run or machine to machine."""


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True)
    for name, limits in DATASETS.items():
        for method in METHODS:
            out = folder / f"{name}-{method}"
            tasks = ["--tasks", *IMAGE_TASKS] if name == "scenes" and method in CLASS_WISE else []
            words = [*data(name), *limits, *tasks, "--out", out, "--seed", "0", *quick(method)]
            run("protect", *words, "--method", method, "--self-check", "false")
        new = [*data(name), "--limit-train", "80", "--limit-test", "20", "--out", folder / f"{name}-applied"]
        run("apply", folder / f"{name}-tap" / "private", *new)
    for name, method, more in (("digits", "tap", AGAINST), ("scenes", "joint-code", ["--settings", "mtl"])):
        places = ["--protected", folder / f"{name}-{method}", "--out", folder / f"{name}-evaluated"]
        run("evaluate", *data(name), *DATASETS[name], *places, *more, *LEARNERS)
    grid = folder / "grid.yaml"
    grid.write_text(GRID)
    run("benchmark", grid, "--out", folder / "grid")
    for line in hashes(folder):
        print(line)


def data(name: str) -> list[str]:
    return ["--dataset", name]


def quick(method: str) -> list[str]:
    return QUICK if method in FIT - {"em"} else QUICK[:2] if method in FIT else []


def run(*words: object) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "mtlue", *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[2:])}\n{done.stdout}{done.stderr}")


def hashes(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".lock":
            name = path.relative_to(folder).as_posix().replace(str(folder), "OUT")
            yield f"{hashlib.sha256(content(path, folder)).hexdigest()}  {name}"


def content(path: Path, folder: Path) -> bytes:
    if path.suffix != ".json":
        return path.read_bytes()
    text = path.read_text().replace(str(folder), "OUT")
    return json.dumps(without_times(json.loads(text)), sort_keys=True).encode()


def without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if key not in TIMES}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
