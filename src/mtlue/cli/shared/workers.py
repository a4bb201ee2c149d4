"""More processes of a command whose learners are shared out by their folder (:mod:`mtlue.jobs.learners.run_folder`)."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from mtlue.cli.parsing.words import without_options
from mtlue.cli.process import FAILED, say
from mtlue.errors import check_least, check_most
from mtlue.jobs.requests.cluster import ClusterOptions, refuse_both
from mtlue.launchers import one_gpu, program
from mtlue.threads import cpu_count

MOST_WORKERS = 256


@dataclass(frozen=True)
class WorkerOptions:
    """Processes of this machine.

    Args:
        workers: processes that share the learners and the machine's cores; as many as devices by default.
        devices: GPUs of this machine that the processes are spread over, each on one of them.
    """

    workers: int | None = None
    devices: int = 1

    def check(self) -> None:
        """Refuse numbers that are too small or too large."""
        check_least(self, workers=1, devices=1)
        check_most(self, workers=MOST_WORKERS, devices=MOST_WORKERS)

    def refuse_cluster(self, cluster: ClusterOptions) -> None:
        """Refuse them beside a cluster."""
        refuse_both("workers", self.workers is not None, cluster)
        refuse_both("devices", self.devices != 1, cluster)

    @property
    def count(self) -> int:
        """How many processes there are, this one among them."""
        return self.devices if self.workers is None else self.workers

    @contextmanager
    def helpers(self, command: str, arguments: Sequence[str]) -> Iterator[None]:
        """As many more processes, which end with the block; this one computes on the first GPU.

        Learners of a helper that ended with an error are trained by the others, and a note says so.
        """
        helpers = [self.start(number, command, arguments) for number in range(1, self.count)]
        if helpers:
            import torch

            torch.set_num_threads(self._threads)
        try:
            yield
        finally:
            failed = sum(process.poll() not in (None, 0, FAILED) for process in helpers)
            if failed:
                say(f"note: {failed} of {len(helpers)} helper processes ended with an error; the others did their work")
            for process in helpers:
                process.terminate()
                process.wait()

    def start(self, number: int, command: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        """The same command on the same folder in another process, which imports nothing from the working folder."""
        alone = [*without_options(arguments, "workers", "devices"), "--workers", "1", "--devices", "1"]
        words = [*program(), command, *alone]
        environment = {**os.environ, "OMP_NUM_THREADS": str(self._threads), **one_gpu(number, self.devices)}
        return subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @property
    def _threads(self) -> int:
        return max(1, cpu_count() // self.count)
