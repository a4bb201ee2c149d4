"""Device, precision, processes, seeds and progress: lightning-fabric behind one small face."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.strategies.single_device import SingleDeviceStrategy
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch import Generator, Tensor, nn
from torch.optim import Optimizer
from torch.profiler import record_function

from mtlue.devices import Device, Precision
from mtlue.errors import InputError, param
from mtlue.launchers import inside_slurm_alone, without_banners
from mtlue.profiling import Profile
from mtlue.progress import Progress, Silent
from mtlue.seeds import derived, draw_key, stream
from mtlue.whole_batch_norm import share_statistics

T = TypeVar("T")
_END = object()


@dataclass(frozen=True, eq=False)
class Runtime:
    """Where and how tensors are computed; it never changes (:meth:`replace` gives another one).

    >>> runtime = Runtime("cpu", seed=3)
    >>> runtime.device, runtime.rank, runtime.world_size
    (device(type='cpu'), 0, 1)
    >>> runtime.replace(seed=4).seed, runtime.seed
    (4, 3)

    Args:
        accelerator: the kind of device; ``auto`` takes a GPU if there is one.
        precision: as lightning-fabric names it.
        seed: every random number of a job is derived from it by name, so jobs do not disturb each other. A secret
            (:func:`mtlue.seeds.secret_seed`) also keeps strangers from drawing the same.
        progress: where long jobs report to; the first of several processes reports alone.
        devices: how many devices of a machine share each batch, one process for each (:meth:`launch`).
        nodes: how many machines do so; ``torchrun`` or Slurm starts the processes of several.
        profile: counts where the time goes (:meth:`profiled`); None counts nothing.
        fabric: how processes and devices work together, where it is not to be made from the arguments above: of the
            same precision.

    Raises:
        InputError: the device is not available, or not with this precision.
    """

    accelerator: Device = "auto"
    precision: Precision = "32-true"
    seed: int = 0
    progress: Progress = field(default_factory=Silent)
    devices: int = 1
    nodes: int = 1
    profile: Profile | None = None
    fabric: Fabric = field(default=None, repr=False)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.fabric is None:
            object.__setattr__(self, "fabric", _fabric(self.accelerator, self.precision, self.devices, self.nodes))
        if self.rank > 0:
            object.__setattr__(self, "progress", Silent())

    @property
    def device(self) -> torch.device:
        """The device of this process."""
        return self.fabric.device

    def require_gpus(self, count: int) -> None:
        """Refuse more GPUs than there are, for processes of which each computes on one.

        Raises:
            InputError: there are fewer, and more than one is asked for.
        """
        there = torch.cuda.device_count() if self.device.type == "cuda" else 0
        if count > max(1, there):
            raise InputError(
                f"{param('devices')} {count}: this machine has {there} GPUs for {param('device')} "
                f"{self.accelerator}: give no more than that"
            )

    @property
    def rank(self) -> int:
        """The number of this process, from 0."""
        return self.fabric.global_rank

    @property
    def world_size(self) -> int:
        """How many processes share each batch."""
        return self.fabric.world_size

    def replace(self, **changes: Any) -> "Runtime":
        """The same processes, device and precision with another ``seed``, ``progress`` or ``profile``."""
        return replace(self, **changes)

    def alone(self) -> "Runtime":
        """This process without the others: what it computes waits for none of them."""
        if self.world_size == 1:
            return self
        fabric = _fabric("cpu" if self.device.type == "cpu" else self.accelerator, self.precision, 1, 1, self.device)
        return self.replace(devices=1, nodes=1, fabric=fabric)

    def profiled(self, since: float | None = None) -> "Runtime":
        """The same with a profile. It waits for the device at each stage's ends: a profiled job on a GPU is slower.

        Args:
            since: when the profiled command began, by :func:`time.perf_counter`; None for now.
        """
        waits = self.device.type != "cpu"
        settle = partial(torch.accelerator.synchronize, self.device) if waits else None
        return self.replace(profile=Profile(settle, since=since))

    def launch(self) -> "Runtime":
        """Start the other processes, where there are to be several: each runs the program from its first line.

        To be called once, before the first job. With ``torchrun`` the processes exist already.
        """
        self.fabric.launch()
        return self

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Count what happens inside as ``name`` (:data:`mtlue.profiling.STAGES`), where the job is profiled.

        :class:`torch.profiler.profile` shows it by that name too.
        """
        return nullcontext() if self.profile is None else _recorded(self.profile, name)

    def staged(self, name: str, steps: Iterable[T]) -> Iterator[T]:
        """``steps`` one by one; making each counts as ``name``."""
        iterator = iter(steps)
        while True:
            with self.stage(name):
                step = next(iterator, _END)
            if step is _END:
                return
            yield step  # type: ignore[misc]

    def setup(self, module: nn.Module, optimizer: Optimizer) -> tuple[Any, Any]:
        """Move ``module`` to the device and wrap both for the chosen precision and number of processes.

        With several, batch normalisation takes its statistics from the whole batch, in place.

        Raises:
            InputError: there are several, and a batch normalisation in ``module`` cannot do so.
        """
        if self.world_size > 1:
            module = share_statistics(module, on_gpu=self.device.type == "cuda")
        wrapped, managed = self.fabric.setup(module, optimizer)
        return wrapped, managed

    @property
    def fuses_optimizers(self) -> bool:
        """Whether an optimiser may run as one kernel: every device has it.

        With 16-mixed it would undo the scale of gradients itself, after they were clipped.
        """
        return self.precision != "16-mixed"

    def backward(self, loss: Tensor) -> None:
        """Write the gradients of ``loss``; those of several processes are averaged."""
        self.fabric.backward(loss)

    def clip_gradients(self, module: nn.Module, optimizer: Any, norm: float) -> None:
        """Scale the gradients of all that ``optimizer`` trains so that their norm is ``norm`` at most.

        Args:
            module, optimizer: from :meth:`setup`.
            norm: with infinity, only the scale of 16-mixed is undone.
        """
        self.fabric.clip_gradients(module, optimizer, max_norm=norm, error_if_nonfinite=False)

    def total(self, values: Tensor) -> Tensor:
        """The sum of a tensor over all processes; the tensor itself where there is one."""
        return values if self.world_size == 1 else self.fabric.all_reduce(values, reduce_op="sum")  # type: ignore[return-value]

    def all_agree(self, value: bool) -> bool:
        """Whether it holds in every process."""
        if self.world_size == 1:
            return value
        return bool(self.total(torch.tensor([int(value)], device=self.device)) == self.world_size)

    def agreed(self, value: T) -> T:
        """What the first process says, to all of them."""
        return value if self.world_size == 1 else self.fabric.broadcast(value)

    def autocast(self) -> AbstractContextManager[None]:
        """Where operations run in bf16 if that is the chosen precision, else in float32.

        For what is differentiated outside :meth:`backward`: gradients of 16-mixed would vanish without its scale.
        """
        return self.fabric.autocast() if self.precision == "bf16-mixed" else nullcontext()

    def forward(self, module: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
        """Outputs of ``module`` in the chosen precision, as float32, that may be differentiated more than once.

        Those of :meth:`setup`'s wrapper may be by :meth:`backward` alone where precision is mixed.
        """
        with self.fabric.autocast():
            outputs: dict[str, Tensor] = module(inputs)
        return {name: output.float() for name, output in outputs.items()}

    def seed_for(self, *names: object) -> int:
        """A seed that depends on the runtime's seed and ``names`` alone, and is as secret as that."""
        return derived(self.seed, *names)

    @property
    def key(self) -> str:
        """A key for what is drawn by an image's id (:func:`mtlue.seeds.draw_key`)."""
        return draw_key(self.seed)

    def generator(self, *names: object, device: torch.device | str = "cpu") -> Generator:
        """A random generator of its own for the stream ``names``."""
        seed = self.seed_for(*names)
        return stream(seed) if torch.device(device).type == "cpu" else Generator(device).manual_seed(seed % 2**63)

    @contextmanager
    def isolated_randomness(self, *names: object) -> Iterator[None]:
        """Initialisers and dropout draw from the stream ``names``; the caller's global state stays as it was.

        No other device is seeded. On MPS, whose state PyTorch does not fork, dropout's state does not come back.
        """
        seed, on_cuda = self.seed_for(*names), self.device.type == "cuda"
        with torch.random.fork_rng(devices=[self.device] if on_cuda else []):
            torch.default_generator.set_state(stream(seed).get_state())
            if on_cuda:
                with torch.cuda.device(self.device):
                    torch.cuda.manual_seed(seed % 2**63)
            elif self.device.type == "mps":
                torch.mps.manual_seed(seed % 2**63)
            yield


def _fabric(
    accelerator: Device, precision: Precision, devices: int, nodes: int, own: torch.device | None = None
) -> Fabric:
    """A Fabric for the devices; several of them share each batch (DDP). ``own``: the one to take alone."""
    on_cpu = accelerator == "cpu" or (accelerator == "auto" and not torch.accelerator.is_available())
    if on_cpu and precision == "16-mixed":
        raise InputError("precision '16-mixed' is not available on a CPU: choose bf16-mixed or 32-true")
    if accelerator not in ("auto", "cpu") and not _is_there(accelerator):
        raise InputError(
            f"{param('device')} {accelerator}: PyTorch finds no such device here: give cpu, or auto, which takes a GPU "
            "where there is one"
        )
    strategy: Any = "auto" if devices * nodes == 1 else "ddp"
    if own is not None:
        strategy = SingleDeviceStrategy(own)
    # Fabric takes any Slurm job for srun's processes, and would wait for those that nobody started
    by_itself = inside_slurm_alone() and not TorchElasticEnvironment.detect()
    plugins = LightningEnvironment() if by_itself else None
    try:
        with without_banners():
            return Fabric(
                accelerator=accelerator,
                devices=devices,
                num_nodes=nodes,
                strategy=strategy,
                precision=precision,
                plugins=plugins,
            )
    except (MisconfigurationException, RuntimeError, TypeError, ValueError) as error:
        raise InputError(
            f"device '{accelerator}' with precision '{precision}' is not available here: {error}"
        ) from error


def _is_there(device: Device) -> bool:
    return torch.backends.mps.is_available() if device == "mps" else torch.cuda.is_available()


@contextmanager
def _recorded(profile: Profile, name: str) -> Iterator[None]:
    with profile.stage(name), record_function(name):
        yield
