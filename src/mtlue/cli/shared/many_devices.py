"""Several devices for one command: options, and a process for each."""

import os
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtlue.cli.process import STARTED, say
from mtlue.cli.shared.devices import DeviceOptions
from mtlue.cli.terminal.console import Bars
from mtlue.errors import InputError, check_least, param
from mtlue.launchers import launched, program, without_banners
from mtlue.threads import cpu_count

if TYPE_CHECKING:
    from mtlue.runtime import Runtime

_PATIENCE = 15.0
"""Seconds in which a process that lost another one may end by itself."""
_LAST_WORDS = 5.0
"""Seconds in which the others may end by themselves where this one ends."""


@dataclass(frozen=True)
class ManyDevicesOptions(DeviceOptions):
    """Where and how to compute.

    Args:
        devices: GPUs of this machine, or with --device cpu processes, that share each batch of the fit. The
            perturbation stays the same but for rounding.
        nodes: machines that do so; torchrun, fabric run or srun starts the command on each, and all of them reach the
            images and the output folder by the same paths.
    """

    devices: int = 1
    nodes: int = 1

    def check(self) -> None:
        """Refuse numbers that are too small, and machines on which nothing would start."""
        check_least(self, devices=1, nodes=1)
        count, wanted = launched(), self.devices * self.nodes
        if count and wanted > 1 and count != wanted:
            raise InputError(
                f"{param('devices')} {self.devices}, {param('nodes')} {self.nodes}: {wanted} processes, but {count} "
                "were started: give the numbers that torchrun, fabric run or srun was given"
            )
        if self.nodes > 1 and count is None:
            raise InputError(
                f"{param('nodes')} {self.nodes}: start the command on every machine with torchrun --nnodes "
                f"{self.nodes} --nproc-per-node {self.devices} -m mtlue …, with fabric run or with srun"
            )

    @contextmanager
    def processes(self, profiled: bool = False) -> "Iterator[Runtime]":
        """The runtime of this process among all of them; only now torch is imported.

        Raises:
            InputError: as :meth:`check`.
        """
        self.check()
        if self.devices * self.nodes == 1:
            yield self.runtime(profiled)
            return
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, cpu_count() // self.devices)))
        others = _start_others(self.devices) if launched() is None else []
        with _watching(others):
            from mtlue.runtime import Runtime

            warnings.filterwarnings("ignore", "Grad strides do not match")  # a copy of 1x1 kernels' gradients, no fault
            precision = self.precision or self.usual_precision()
            with without_banners():
                runtime = Runtime(self.device, precision, 0, Bars(), self.devices, self.nodes).launch()
            yield runtime.profiled(STARTED.get(None)) if profiled else runtime


def _start_others(devices: int) -> list[subprocess.Popen[bytes]]:
    """The same command again for every device but the first; this process becomes the first of them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ |= {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(devices),
        "NODE_RANK": "0",
        "LOCAL_RANK": "0",
    }
    command = [*program(), *sys.argv[1:]]
    return [
        subprocess.Popen(command, env={**os.environ, "LOCAL_RANK": str(rank)}, stdout=subprocess.DEVNULL)
        for rank in range(1, devices)
    ]


@contextmanager
def _watching(others: list[subprocess.Popen[bytes]]) -> Iterator[None]:
    """End this command where one of the others has died; stop those that are still there at its end.

    Raises:
        InputError: one has died, which this process noticed by itself.
    """
    done = threading.Event()
    watch = threading.Thread(target=_watch, args=(others, done), daemon=True)
    watch.start()
    try:
        yield
    except RuntimeError as error:  # how gloo and NCCL say that a process is gone
        if died := _first_death(others, wait=1.0):
            raise InputError(died) from error
        raise
    finally:
        done.set()
        if sys.exc_info()[0] is None:
            for other in others:
                other.wait()
        else:
            _stop(others)


def _stop(others: list[subprocess.Popen[bytes]]) -> None:
    """End the others; one that waits for a process that will not come hears no signal but the last."""
    for other in others:
        other.terminate()
    deadline = time.monotonic() + _LAST_WORDS
    for other in others:
        try:
            other.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            other.kill()
            other.wait()


def _watch(others: list[subprocess.Popen[bytes]], done: threading.Event) -> None:
    """Where another process has died and this one goes on waiting for it: say so, and end."""
    while not done.wait(1.0):
        if died := _first_death(others):
            if done.wait(_PATIENCE):
                return
            say(f"mtlue: {died}")
            for other in others:
                other.kill()
            os._exit(1)


def _first_death(others: list[subprocess.Popen[bytes]], wait: float = 0.0) -> str:
    """Which process has ended with an error; "" where none has."""
    deadline = time.monotonic() + wait
    while True:
        for rank, other in enumerate(others, 1):
            if other.poll():
                return (
                    f"process {rank} of {len(others) + 1} ended with status {other.returncode}: nothing was released; "
                    "run the same command again, which goes on with what has been trained"
                )
        if time.monotonic() >= deadline:
            return ""
        time.sleep(0.05)
