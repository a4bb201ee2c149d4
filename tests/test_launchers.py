"""What variables say of who started a process."""

import signal
import subprocess
import sys

import pytest

from mtlue import InputError
from mtlue.launchers import inside_slurm_alone, interrupts_kept_from_children, launched, one_gpu
from mtlue.runtime import Runtime

BATCH = {"SLURM_JOB_ID": "7", "SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0"}
STEP = {"SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS": "4"}


@pytest.mark.parametrize(
    ("variables", "count", "alone"),
    [
        ({}, None, False),
        ({"LOCAL_RANK": "0", "WORLD_SIZE": "3"}, 3, False),
        ({"LOCAL_RANK": "1"}, 0, False),
        (BATCH, None, True),
        ({**BATCH, "SLURM_NTASKS": "1"}, None, True),
        ({**BATCH, "SLURM_NTASKS": "4"}, None, True),
        ({"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4"}, None, True),  # the shell of salloc on the login machine
        ({**BATCH, **STEP, "SLURM_STEP_ID": str(0xFFFFFFFA), "SLURM_STEP_NUM_TASKS": "1"}, None, True),
        ({**BATCH, **STEP, "SLURM_STEP_ID": str(0xFFFFFFFB)}, None, True),
        ({**BATCH, **STEP, "SLURM_STEP_NUM_TASKS": "1"}, None, True),  # srun --pty bash
        ({**BATCH, **STEP}, 4, False),
        ({**BATCH, "SLURM_STEP_ID": "0", "SLURM_NTASKS": "2"}, 2, False),
        ({**BATCH, "SLURM_NTASKS": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2"}, 2, True),  # started by protect itself
        ({**BATCH, "SLURM_NTASKS": "many"}, None, True),
    ],
)
def test_who_started_this_process(variables: dict[str, str], count: int | None, alone: bool) -> None:
    assert (launched(variables), inside_slurm_alone(variables)) == (count, alone)


@pytest.mark.parametrize("tasks", ["1", "4"])
def test_one_process_in_the_script_of_a_job_is_one_process(tasks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**BATCH, "SLURM_NTASKS": tasks}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    runtime = Runtime("cpu")
    assert (runtime.rank, runtime.world_size) == (0, 1)


@pytest.mark.parametrize(
    ("shown", "devices", "seen"),
    [
        (None, 1, [None] * 3),
        ("4,7", 1, [None] * 3),
        (None, 2, ["0", "1", "0"]),
        ("4, 7,9", 2, ["4", "7", "4"]),
        ("4,7", 3, ["4", "7", "4"]),
        ("GPU-a,GPU-b", 2, ["GPU-a", "GPU-b", "GPU-a"]),
        ("", 2, [""] * 3),
    ],
)
def test_each_process_sees_one_gpu_of_those_that_are_shown(
    shown: str | None, devices: int, seen: list[str | None]
) -> None:
    environment = {} if shown is None else {"CUDA_VISIBLE_DEVICES": shown}
    told = [one_gpu(number, devices, environment) for number in range(3)]
    assert [one.get("CUDA_VISIBLE_DEVICES") for one in told] == seen


def test_more_gpus_than_there_are_are_refused() -> None:
    Runtime("cpu").require_gpus(1)
    with pytest.raises(InputError, match="devices 2: this machine has 0"):
        Runtime("cpu").require_gpus(2)


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no masks")
def test_an_interrupt_reaches_the_parent_alone() -> None:
    """The child is not there to be asked: it would have died of the signal."""
    child = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('alive')"
    said = list[str]()

    def both() -> None:
        with interrupts_kept_from_children():
            said.append(subprocess.check_output([sys.executable, "-S", "-c", child], text=True))
            signal.raise_signal(signal.SIGINT)
            said.append("to the end of the block")

    # tests that run in the background ignore it, and so would the child
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            both()
    finally:
        signal.signal(signal.SIGINT, before)
    assert said == ["alive\n", "to the end of the block"]
