"""Run a command within a time limit and add what it printed to a JSON file, next to the machine that it ran on.

    python benchmarks/recorded.py gpu.json "TAP, 128" 60 python benchmarks/speed.py --device cuda --batches 128

What the command prints is shown as well. A command that fails, or that is stopped at its limit, is recorded too; this
ends with its status (124: stopped). ``COMMIT`` in the environment names the commit where there is no git.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch


@dataclass(frozen=True)
class Step:
    """One command, what it printed, and how it ended."""

    name: str
    command: str
    status: int
    seconds: float
    output: list[str]


def run(name: str, command: Sequence[str], limit: float) -> Step:
    """Run ``command`` for ``limit`` seconds at most."""
    started = time.perf_counter()
    words = [sys.executable, *command[1:]] if command[0] == "python" else command
    finished = subprocess.run(
        ["timeout", "--kill-after=5", f"{limit:g}", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    seconds = round(time.perf_counter() - started, 1)
    return Step(name, shlex.join(command), finished.returncode, seconds, without_paths(finished.stdout).splitlines())


def without_paths(text: str) -> str:
    """``text`` without this machine's folders, which mean nothing elsewhere."""
    for folder in (Path.cwd(), Path(sys.prefix)):
        text = text.replace(f"{folder}/", "")
    return text


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    card = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "card": card,
        "torch": torch.__version__,
        "cudnn TF32": torch.backends.cudnn.allow_tf32,
        "matmul precision": torch.get_float32_matmul_precision(),
        "cores": os.cpu_count(),
        "commit": os.environ.get("COMMIT") or _commit(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def add(path: Path, step: Step) -> None:
    """Add a step to the file, which is made where there is none."""
    document: dict[str, Any] = {"machine": machine(), "steps": []}
    if path.is_file():
        document = json.loads(path.read_text(encoding="utf-8"))
    document["steps"].append(asdict(step))
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("name", help="what the step measures")
    parser.add_argument("limit", type=float, help="seconds")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    step = run(options.name, options.command, options.limit)
    print(f"== {step.name}: {step.seconds} s, status {step.status}", *step.output, sep="\n", flush=True)
    add(options.file, step)
    return step.status


def _commit() -> str | None:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return found.stdout.strip() or None


if __name__ == "__main__":
    sys.exit(main())
