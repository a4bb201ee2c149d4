"""Device, precision, seeds and progress: lightning-fabric behind one small face."""

import ctypes
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch
from lightning_fabric import Fabric
from torch import Generator, Tensor, nn
from torch.optim import Optimizer

from mtlue.devices import Device, Precision
from mtlue.errors import InputError
from mtlue.profiling import Profile
from mtlue.progress import Progress, Silent
from mtlue.seeds import derived, key_of, stream

T = TypeVar("T")
_END = object()


def return_free_memory() -> None:
    """Give memory that was freed back to the system, where the C library keeps it for itself (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


class Runtime:
    """Where and how tensors are computed.

    Args:
        device: ``auto`` takes a GPU if there is one.
        precision: as lightning-fabric names it.
        seed: every random number of a job is derived from it by name, so jobs do not disturb each other. A secret
            (:func:`mtlue.seeds.secret_seed`) also keeps strangers from drawing the same.
        progress: where long jobs report to.
        shared: folder for work that several runs can share (trained surrogates); None shares nothing.
        profiled: whether :attr:`profile` counts where the time goes. It waits for the device at each stage's ends, so a
            profiled job on a GPU is slower.
        since: when the profiled command began, by :func:`time.perf_counter`; None for now.
    """

    def __init__(
        self,
        device: Device = "auto",
        precision: Precision = "32-true",
        seed: int = 0,
        progress: Progress | None = None,
        shared: Path | None = None,
        profiled: bool = False,
        since: float | None = None,
    ) -> None:
        on_cpu = device == "cpu" or (device == "auto" and not torch.accelerator.is_available())
        if on_cpu and precision == "16-mixed":
            raise InputError("precision '16-mixed' is not to be had on a CPU: choose bf16-mixed or 32-true")
        try:
            self._fabric = Fabric(accelerator=device, devices=1, precision=precision)
        except (RuntimeError, ValueError) as error:
            raise InputError(
                f"device '{device}' with precision '{precision}' is not to be had here: {error}"
            ) from error
        self.precision: Precision = precision
        self.seed = seed
        self.progress: Progress = progress or Silent()
        self.shared = shared
        waits = self.device.type != "cpu"
        settle = partial(torch.accelerator.synchronize, self.device) if waits else None
        self.profile = Profile(settle, since=since) if profiled else None

    @property
    def device(self) -> torch.device:
        return self._fabric.device

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Count what happens inside as ``name`` (:data:`mtlue.profiling.STAGES`), where the job is profiled."""
        return nullcontext() if self.profile is None else self.profile.stage(name)

    def staged(self, name: str, steps: Iterable[T]) -> Iterator[T]:
        """``steps`` one by one; making each counts as ``name``."""
        iterator = iter(steps)
        while True:
            with self.stage(name):
                step = next(iterator, _END)
            if step is _END:
                return
            yield step  # type: ignore[misc]

    def reseeded(self, seed: int) -> "Runtime":
        """The same device and progress under another seed."""
        other = object.__new__(Runtime)
        other.__dict__.update(self.__dict__, seed=seed)
        return other

    def setup(self, module: nn.Module, optimizer: Optimizer) -> tuple[Any, Any]:
        """Move ``module`` to the device and wrap both for the chosen precision."""
        wrapped, managed = self._fabric.setup(module, optimizer)
        return wrapped, managed

    @property
    def fuses_optimizers(self) -> bool:
        """Whether an optimiser may run as one kernel: every device has it.

        With 16-mixed it would undo the scale of gradients itself, after they were clipped.
        """
        return self.precision != "16-mixed"

    def backward(self, loss: Tensor) -> None:
        self._fabric.backward(loss)

    def unscale(self, optimizer: Any) -> None:
        """Undo the scale that 16-mixed gives gradients, before they are clipped; ``optimizer``: from :meth:`setup`."""
        self._fabric.strategy.precision.unscale_gradients(optimizer.optimizer)

    def autocast(self) -> AbstractContextManager[None]:
        """Where operations run in bf16 if that is the chosen precision, else in float32.

        For what is differentiated outside :meth:`backward`: gradients of 16-mixed would vanish without its scale.
        """
        return self._fabric.autocast() if self.precision == "bf16-mixed" else nullcontext()

    def forward(self, module: nn.Module, inputs: Tensor) -> dict[str, Tensor]:
        """Outputs of ``module`` in the chosen precision, as float32, that may be differentiated more than once.

        Those of :meth:`setup`'s wrapper may be by :meth:`backward` alone where precision is mixed.
        """
        with self._fabric.autocast():
            outputs: dict[str, Tensor] = module(inputs)
        return {name: output.float() for name, output in outputs.items()}

    def seed_for(self, *names: object) -> int:
        """A seed that depends on the runtime's seed and ``names`` alone, and is as secret as that."""
        return derived(self.seed, *names)

    @property
    def key(self) -> str:
        """Keys what is drawn by an image's id (:func:`mtlue.seeds.key_of`)."""
        return key_of(self.seed)

    def generator(self, *names: object, device: torch.device | str = "cpu") -> Generator:
        """A random generator of its own for the stream called ``names``."""
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
