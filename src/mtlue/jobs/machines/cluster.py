"""A running Ray cluster as a pool.

Tasks get paths and settings, and give back small results: images stay in files, which all machines reach by the same
paths, and none of them goes through Ray's object store.
"""

import os
import secrets
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from mtlue._version import __version__
from mtlue.devices import Device
from mtlue.errors import InputError, param
from mtlue.jobs.machines.pools import Computing, LostError
from mtlue.jobs.requests.cluster import ClusterOptions
from mtlue.plugins import import_plugins
from mtlue.runtime import Runtime

Spec = TypeVar("Spec")
State = TypeVar("State")
Item = TypeVar("Item")
Result = TypeVar("Result")
USUAL_GPUS = 0.25
"""Share of a GPU for a task: a learner of small images fills no GPU."""
_OWN = "MTLUE_"
"""How the names of this package's environment variables begin."""
_PATIENCE = 10.0
"""Seconds for a machine to answer."""
RETRIES = 5
"""How often a task begins anew whose machine or process was lost."""


@dataclass(frozen=True)
class Work(Generic[Spec, State, Item, Result]):
    """What the machines of a cluster do.

    Args:
        opened: what a process makes of the spec, once.
        done: what it makes of that and of an item.
        spec: paths and settings.
        folder: or file that every machine must reach, as it must the working folder; None where tasks need no files.
    """

    opened: Callable[[Spec], State]
    done: Callable[[State, Item], Result]
    spec: Spec
    folder: Path | None


class ClusterPool(Generic[Item, Result]):
    """Tasks on the cluster, one for each item; what a lost machine worked on is done by another one.

    Args:
        options: which cluster, and how much of it a task takes. Where the program is connected to one by Ray already,
            that one is used, and stays connected.
        runtime: of this process; whether GPUs are wanted, and how tasks compute.
        work: makes what the tasks do, as each of them is to compute.

    Raises:
        InputError: there is no such cluster, or none of its machines has what a task takes.
    """

    def __init__(
        self, options: ClusterOptions, runtime: Runtime, work: Callable[[Computing], Work[Any, Any, Item, Result]]
    ) -> None:
        self._ray, self._connected = _connected(options)
        self._cpus, self._gpus = options.cluster_cpus, self._share_of_gpu(options, runtime)
        computing = replace(Computing.like(runtime), threads=self._cpus)
        if not self._gpus:
            computing = replace(computing, accelerator=self._without_gpus(runtime))
        given = work(computing)
        self._job = self._ray.put(_Job.of(given))  # once: of many shards it has as many paths
        remote = self._ray.remote(num_cpus=self._cpus, num_gpus=self._gpus, max_retries=RETRIES)
        self._task = remote(_run)
        self._require_room()

    @property
    def width(self) -> int:
        """Tasks that the machines which are there now have room for."""
        return max(1, sum(self._room(node["Resources"]) for node in self._ray.nodes() if node["Alive"]))

    def submit(self, item: Item) -> Future[Result]:
        future: Future[Result] = self._task.remote(self._job, item).future()
        return future

    def result(self, future: Future[Result]) -> Result:
        try:
            return future.result()
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, Exception):
                raise error.cause from error
            raise
        except self._ray.exceptions.RayError as error:
            raise LostError(
                f"the cluster lost a task {RETRIES + 1} times (was there too little memory?): run the same command "
                f"again; it goes on where it was ({_first_line(error)})"
            ) from error

    def close(self) -> None:
        """What still runs ends with the connection."""
        if self._connected:
            self._ray.shutdown()

    def _share_of_gpu(self, options: ClusterOptions, runtime: Runtime) -> float:
        if options.cluster_gpus is not None:
            return options.cluster_gpus
        wanted = runtime.accelerator != "cpu" and self._ray.cluster_resources().get("GPU", 0) > 0
        return USUAL_GPUS if wanted else 0.0

    def _without_gpus(self, runtime: Runtime) -> Device:
        if runtime.accelerator not in ("auto", "cpu"):
            self.close()
            raise InputError(
                f"{param('device')} {runtime.accelerator}: tasks get no GPU of this cluster: start its machines with "
                f"ray start --num-gpus, or give {param('device')} cpu"
            )
        return "cpu"

    def _room(self, resources: dict[str, float]) -> int:
        return room_for(resources, self._cpus, self._gpus)

    def _require_room(self) -> None:
        if not any(self._room(node["Resources"]) for node in self._ray.nodes() if node["Alive"]):
            self.close()
            raise InputError(
                f"{param('cluster_cpus')} {self._cpus}, {param('cluster_gpus')} {self._gpus:g}: no machine of the "
                "cluster has that much"
            )


def room_for(resources: Mapping[str, float], cpus: int, gpus: float) -> int:
    """How many tasks a machine has room for; a share of a GPU lies on one GPU.

    >>> room_for({"CPU": 64, "GPU": 4}, 2, 0.4)
    8
    >>> room_for({"CPU": 64, "GPU": 4}, 2, 3)
    1

    Args:
        resources: of the machine, as Ray counts them.
        cpus, gpus: what a task takes.
    """
    room = int(resources.get("CPU", 0) // cpus)
    if not gpus:
        return room
    there = resources.get("GPU", 0)
    return min(room, int(there) * int(1 / gpus + 1e-9) if gpus < 1 else int(there // gpus))


def _connected(options: ClusterOptions) -> tuple[Any, bool]:
    """Ray, connected to the cluster, and whether it was not before; it reports to nobody how it is used."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_AUTH_MODE", "token")  # before Ray is imported, which reads it then
    import ray
    import ray.exceptions

    if ray.is_initialized():
        return ray, False
    _require_answer(str(options.cluster))
    try:
        ray.init(address=options.cluster, log_to_driver=False, logging_level="ERROR", configure_logging=False)
    except (ConnectionError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
        raise InputError(
            f"{param('cluster')} {options.cluster}: no Ray cluster answers there, or not with this machine's token "
            f"({_first_line(error)}): start one with RAY_AUTH_MODE=token ray start --head"
        ) from error
    return ray, True


def _require_answer(address: str) -> None:
    """Refuse an address where nothing listens: Ray would try for many minutes."""
    host, _, port = address.rpartition(":")
    if not (host and port.isdecimal()):
        return
    try:
        socket.create_connection((host, int(port)), _PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise InputError(f"{param('cluster')} {address}: nothing answers there ({error})") from error


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


@dataclass(frozen=True)
class _Job:
    """What every task of a pool gets, besides its item.

    Attributes:
        pool: a name that no other pool has, by which a process knows what it opened for it.
        version: of the process that asks.
        environment: its variables that are for this package.
        current: its working folder, which relative paths begin at.
        folder: or file that has to be there, as ``current`` has; None where neither has.
        opened, done, spec: as of the work.
    """

    pool: str
    version: str
    environment: dict[str, str]
    current: str
    folder: str | None
    opened: Callable[[Any], Any]
    done: Callable[[Any, Any], Any]
    spec: Any

    @classmethod
    def of(cls, work: Work[Any, Any, Any, Any]) -> "_Job":
        own = {name: value for name, value in os.environ.items() if name.startswith(_OWN)}
        folder, pool = None if work.folder is None else str(work.folder.absolute()), secrets.token_hex(8)
        return cls(pool, __version__, own, str(Path.cwd()), folder, work.opened, work.done, work.spec)


def _run(job: _Job, item: Any) -> Any:
    """A task, on a machine of the cluster."""
    if job.version != __version__:
        raise InputError(
            f"machine {socket.gethostname()} has mtlue {__version__}, and the command is of {job.version}: install the "
            "same version on every machine"
        )
    with suppress(OSError):
        os.chdir(job.current)
    if job.folder is not None and (os.getcwd() != job.current or not Path(job.folder).exists()):  # noqa: PTH109
        raise InputError(
            f"machine {socket.gethostname()} does not reach {job.folder} and {job.current}: all machines of a cluster "
            "need the same files by the same paths (NFS, say)"
        )
    os.environ.update(job.environment)
    return job.done(_state(job), item)


_states: dict[str, Any] = {}


def _state(job: _Job) -> Any:
    """What a process keeps from one task to the next of a pool: it reads images and loads models once."""
    if job.pool not in _states:
        _states.clear()  # of a pool that is closed
        import_plugins()
        _states[job.pool] = job.opened(job.spec)
    return _states[job.pool]
