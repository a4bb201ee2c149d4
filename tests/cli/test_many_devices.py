"""``protect --devices 2``: two processes on a CPU, as a user starts them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from forking import Forked, forked_mtlue
from mtlue import InputError
from mtlue.cli import main
from mtlue.cli.shared import many_devices
from mtlue.cli.shared.many_devices import ManyDevicesOptions
from mtlue.data.options import DataOptions
from mtlue.jobs.protection import crew
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.launchers import LOCAL_RANK, SLURM
from mtlue.release.layout import OutputFolder

LAUNCHERS = (LOCAL_RANK, *SLURM)
FIT = ["--method", "tap", "--self-check", "false", "--seed", "5", "--limit-train", "40", "--limit-test", "4"]
TWO = ["--device", "cpu", "--devices", "2"]


PLACE = {"SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0"}
BATCH = {"SLURM_JOB_ID": "4711", "SLURM_NTASKS": "2", "SLURM_NTASKS_PER_NODE": "2", **PLACE}
"""What the script of an sbatch job of two tasks sees: the second one has to be started by srun."""


@pytest.fixture(autouse=True)
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """No launcher has started these tests."""
    for name in LAUNCHERS:
        monkeypatch.delenv(name, raising=False)


def started(out: Path, *more: str, variables: Mapping[str, str] = MappingProxyType({})) -> Forked:
    return forked_mtlue("protect", "--dataset", "digits", "--out", out, *FIT, *TWO, *more, variables=variables)


@pytest.mark.parametrize("variables", [{}, BATCH], ids=["by hand", "sbatch"])
def test_two_processes_make_one_release(tmp_path: Path, variables: Mapping[str, str]) -> None:
    """Also in the script of a Slurm job, whose variables look as if srun had started others."""
    process = started(tmp_path / "out", "--epochs", "1", "--surrogate-epochs", "1", variables=variables)
    said, problems = process.communicate(timeout=120)
    assert process.returncode == 0, problems
    assert said.count("protected 44 images") == 1
    assert "distributed" not in problems
    assert "Warning" not in problems
    assert main(["verify", str(tmp_path / "out")]) == 0
    assert not OutputFolder(tmp_path / "out").fit.exists()


def test_an_error_of_the_first_ends_both(tmp_path: Path) -> None:
    process = started(tmp_path / "out", "--learning-rate", "1e30", "--epochs", "1", "--surrogate-epochs", "1")
    _, problems = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "training diverged" in problems
    assert "Traceback" not in problems
    assert not (tmp_path / "out" / "release").exists()


def test_a_process_that_dies_ends_the_command(tmp_path: Path) -> None:
    process = started(tmp_path / "out", "--epochs", "5000", "--surrogate-epochs", "1")
    deadline = time.monotonic() + 100
    surrogates = OutputFolder(tmp_path / "out").fit / "surrogates"
    while not any(surrogates.glob("*/loss.json")) and time.monotonic() < deadline:
        time.sleep(0.1)
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGKILL)
    _, problems = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "process 1 of 2 ended with status -9: nothing was released; run the same command again" in problems
    assert not (tmp_path / "out" / "release").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (ManyDevicesOptions(devices=0), "devices"),
        (ManyDevicesOptions(nodes=2, devices=4), r"torchrun --nnodes 2 --nproc-per-node 4 -m mtlue"),
    ],
)
def test_numbers_that_cannot_be(options: ManyDevicesOptions, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=message):
        options.check()
    with pytest.raises(InputError, match=message), options.processes():
        pass


def test_numbers_that_the_launcher_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process waits for others that will not come."""
    for name, value in {**BATCH, "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "2"}.items():
        monkeypatch.setenv(name, value)
    ManyDevicesOptions(devices=2).check()
    with pytest.raises(InputError, match=r"devices 4, nodes 1: 4 processes, but 2 were started"):
        ManyDevicesOptions(devices=4).check()
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "1")
    ManyDevicesOptions(devices=4).check()  # starts them itself


def test_one_device_starts_nothing() -> None:
    before = dict(os.environ)
    with ManyDevicesOptions("cpu").processes() as runtime:
        assert (runtime.rank, runtime.world_size) == (0, 1)
        assert runtime.alone() is runtime
    assert dict(os.environ) == before


def test_a_process_that_hears_no_signal_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that waits in a collective operation for a process that will not come."""
    monkeypatch.setattr(many_devices, "_LAST_WORDS", 0.2)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(KeyboardInterrupt), many_devices._watching([other]):
            raise KeyboardInterrupt
    assert other.returncode == -signal.SIGKILL


def test_nothing_is_said_to_processes_that_wait_for_a_step_of_a_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[object] = []

    class Talking:
        rank = 1

        def agreed(self, value: object) -> object:
            said.append(value)
            return value

    def failing(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mtlue.protector.Protector.of", failing)
    runtime: Any = Talking()
    nothing: Any = None
    with pytest.raises(KeyboardInterrupt), crew.leading(runtime):
        raise KeyboardInterrupt
    assert said == [None]
    with pytest.raises(KeyboardInterrupt), crew.leading(runtime):
        crew.fitted(ProtectRequest(DataOptions("digits"), Path("out")), nothing, runtime, Path("x"))
    assert said == [None]
    with crew.leading(runtime):
        pass
    assert said == [None, None]
