"""The page on how far releases lie apart shows what its command prints from the published records."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_the_page_shows_what_the_command_prints() -> None:
    command = [sys.executable, "benchmarks/spread.py", "benchmarks/records/spread.json"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert len(printed.splitlines()) == 6
    assert f"```text\n{printed}```" in (ROOT / "docs/results/spread.md").read_text()
