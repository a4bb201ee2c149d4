"""benchmarks/speed.py and levers.py run; what they measure means nothing here."""

import runpy
import sys
from pathlib import Path

import pytest
import torch

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
SECTIONS = ("an epoch of", "forward and backward", "a step of TAP", "apply, images a second")


def test_the_quick_mode_prints_every_section_that_needs_no_process_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    runpy.run_path(str(BENCHMARKS / "speed.py"))["main"](["--quick", "--methods", "em", "tap"])
    printed = capsys.readouterr().out
    assert all(section in printed for section in SECTIONS)
    assert all(f"  {method}: ours" in printed for method in ("em", "tap"))


def test_every_lever_that_needs_no_compiler_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    levers = runpy.run_path(str(BENCHMARKS / "levers.py"))
    names = [name for name in levers["LEVERS"] if name != "compiled"]
    levers["main"](["--quick", "--only", *names])
    printed = capsys.readouterr().out
    assert all(printed.count(f"\n| {name} |") > 1 for name in names)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peak_memory_is_what_a_job_needed_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    measuring = runpy.run_path(str(BENCHMARKS / "timing/measuring.py"))
    wanted = 64 * 2**20
    peak = measuring["peak_bytes"](lambda: torch.ones(wanted, dtype=torch.uint8).sum(), torch.device("cpu"))
    assert wanted / 2 < peak
    assert measuring["spread"]([3.0, 1.0, 200.0]) == "3 (1–200)"
