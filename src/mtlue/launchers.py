"""Who started this process: a user, or a launcher together with others of its kind. Imports nothing heavy.

``torchrun`` and ``fabric run`` set ``LOCAL_RANK``, as ``mtlue protect --devices`` does for the processes it starts.
Slurm's variables alone say little: the script of an ``sbatch`` job and the shell of ``salloc`` have most of them, and
``SLURM_PROCID`` is 0 there, though no process was started besides. Only ``srun`` makes a step of several tasks.
"""

import logging
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

LOCAL_RANK = "LOCAL_RANK"
VISIBLE = "CUDA_VISIBLE_DEVICES"
SLURM = ("SLURM_JOB_ID", "SLURM_NTASKS", "SLURM_PROCID", "SLURM_STEP_ID", "SLURM_STEP_NUM_TASKS")
_SOURCES = Path(__file__).resolve().parents[1]
_PROGRAM = "import sys; sys.path.append(sys.argv.pop(1)); from mtlue.cli import entry; entry()"
_SAFE_PATH = "PYTHONSAFEPATH"
_SPECIAL_STEPS = 0xFFFFFFF0
"""Numbers of steps from here on mean the job's script, its shell or what belongs to no step: none is ``srun``'s."""


def launched(environment: Mapping[str, str] = os.environ) -> int | None:
    """How many processes a launcher started, this one among them; None where none did.

    ``torchrun`` and ``fabric run`` say it in ``WORLD_SIZE``; 0 where it is not said.

    >>> launched({"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4", "SLURM_PROCID": "0"})  # an sbatch script, without srun
    >>> launched({"SLURM_PROCID": "1", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4"})
    4
    """
    if LOCAL_RANK in environment:
        return _number(environment, "WORLD_SIZE")
    tasks = _number(environment, "SLURM_STEP_NUM_TASKS") or _number(environment, "SLURM_NTASKS")
    step = _number(environment, "SLURM_STEP_ID") if "SLURM_STEP_ID" in environment else _SPECIAL_STEPS
    return tasks if "SLURM_PROCID" in environment and step < _SPECIAL_STEPS and tasks > 1 else None


def inside_slurm_alone(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this is part of a Slurm job, but not one of several tasks of ``srun``: its variables count nothing."""
    own = {name: value for name, value in environment.items() if name != LOCAL_RANK}
    return any(name in own for name in SLURM) and launched(own) is None


def one_gpu(number: int, devices: int, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What one of several processes has to find in its environment, before it asks for a GPU, to see its own alone.

    Args:
        number: of the process, from 0.
        devices: GPUs that the processes are spread over, the first ones of those that ``environment`` shows; 1 leaves
            everything as it is.

    >>> [one_gpu(number, 2, {})["CUDA_VISIBLE_DEVICES"] for number in range(3)]
    ['0', '1', '0']
    >>> one_gpu(1, 2, {"CUDA_VISIBLE_DEVICES": "4,7"})
    {'CUDA_VISIBLE_DEVICES': '7'}
    """
    if devices == 1:
        return {}
    shown = environment.get(VISIBLE)
    visible = [*map(str, range(devices))] if shown is None else [name.strip() for name in shown.split(",")][:devices]
    return {VISIBLE: visible[number % len(visible)]}


def _number(environment: Mapping[str, str], name: str) -> int:
    """0 where there is none."""
    text = environment.get(name, "")
    return int(text) if text.isdecimal() else 0


@contextmanager
def without_banners() -> Iterator[None]:
    """Keep Lightning from telling standard error, in every process, what it was asked for."""
    log = logging.getLogger("lightning_fabric")
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(level)


def program() -> list[str]:
    """The words that start ``mtlue`` in another process, be it installed or not; options of a command follow.

    It imports nothing from the working folder: data may hold a ``torch.py``.
    """
    return [sys.executable, "-P", "-c", _PROGRAM, str(_SOURCES)]


@contextmanager
def working_folder_kept_from_children() -> Iterator[None]:
    """Python that is started in the block imports nothing from the working folder."""
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


@contextmanager
def interrupts_kept_from_children() -> Iterator[None]:
    """Ctrl-C never reaches processes that are started in the block, not even while they begin.

    A terminal sends it to all processes of a command, and a child that still imports would print a traceback. The
    parent, which ends its children, gets it when the block ends. Without effect on Windows.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
