"""benchmarks/speed.py, levers.py and roofline.py run; what they measure means nothing here."""

import runpy
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

from mtlue.training import TrainingStep

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
SECTIONS = ("an epoch of", "forward and backward", "a step of TAP", "apply, images per second")


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
    names = [name for name in levers["LEVERS"] if name not in ("compiled", "start", "workers")]
    levers["main"](["--quick", "--only", *names])
    printed = capsys.readouterr().out
    assert all(printed.count(f"\n| {name} |") > 1 for name in names)


def test_the_lever_of_a_processs_start_starts_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    ways = import_module("ways.process").start(import_module("timing.cases").Case())
    assert len(ways) == 4
    next(iter(ways.values()))()  # it differs from the others in words; each loads the libraries anew


def test_the_lever_of_an_audits_processes_starts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    ways = import_module("ways.process").workers(import_module("timing.cases").Case(), count=1)
    assert len(ways) == 2
    next(iter(ways.values()))()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peak_memory_is_what_a_job_needed_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    measuring = runpy.run_path(str(BENCHMARKS / "timing/measuring.py"))
    wanted = 64 * 2**20
    peak = measuring["peak_bytes"](lambda: torch.ones(wanted, dtype=torch.uint8).sum(), torch.device("cpu"))
    assert wanted / 2 < peak
    assert measuring["spread"]([3.0, 1.0, 200.0]) == "3 (1–200)"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("published", [False, True])
@pytest.mark.parametrize("method", ["em", "tap"])
def test_a_whole_fit_is_what_memory_is_measured_of(
    monkeypatch: pytest.MonkeyPatch, method: str, published: bool
) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    case = runpy.run_path(str(BENCHMARKS / "timing/cases.py"))["Case"](16, 4, 3, 2, "tiny")
    trained: list[TrainingStep] = []
    step = TrainingStep.__call__

    def counted(self: TrainingStep, *given: Any) -> object:
        trained.append(self)
        return step(self, *given)

    monkeypatch.setattr(TrainingStep, "__call__", counted)
    peak = runpy.run_path(str(BENCHMARKS / "timing/memory.py"))["_peak"](case, method, published)
    assert peak > -(2**22)  # this process had its peak before, and the system's counters lag
    assert trained or (method, published) == ("em", True)  # whose surrogate has a step of its own


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_fit_in_a_process_of_its_own_needs_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    memory, cases = import_module("timing.memory"), import_module("timing.cases")
    case = cases.Case(32, 16, 3, 2, "tiny")
    activations = 16 * 16 * 16 * 16 * 4  # of one of the tiny network's layers, in bytes
    assert memory.in_own_process(memory._peak, case, "em", False) > activations


def test_the_roofline_is_measured_for_both_trainings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    runpy.run_path(str(BENCHMARKS / "roofline.py"))["main"](["--quick"])
    printed = capsys.readouterr().out
    assert all(f"\n{part}, a window of" in printed for part in ("surrogate", "generator"))
    assert printed.count("share reached") == 2
    assert "the paper's epochs: surrogate 60 epochs" in printed


def test_operations_and_bytes_are_those_of_a_matrix_product_and_its_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    limits = runpy.run_path(str(BENCHMARKS / "timing/limits.py"))
    first, second = torch.ones(2, 3), torch.ones(3, 4, requires_grad=True)
    forward = limits["work"](lambda: first @ second)
    assert (forward.operations, forward.bytes) == (2 * 2 * 3 * 4, 4 * (6 + 12 + 8))
    given = torch.ones(2, 4)
    both = limits["work"](lambda: torch.autograd.grad(first @ second, second, given))
    assert both.operations == 2 * forward.operations
    assert both.bytes == 2 * forward.bytes
    assert limits["work"](lambda: first.T).bytes == 0


def test_times_that_overlap_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    covered = runpy.run_path(str(BENCHMARKS / "timing/limits.py"))["covered"]
    assert covered([(5.0, 6.0), (0.0, 2.0), (1.0, 3.0), (1.5, 1.6)]) == 4.0
    assert covered([]) == 0.0
