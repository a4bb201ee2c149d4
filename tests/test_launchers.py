"""What variables say of who started a process."""

import pytest

from mtlue.launchers import inside_slurm_alone, launched
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
