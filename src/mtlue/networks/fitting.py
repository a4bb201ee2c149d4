"""How an attacker's own network is trained, kept and applied."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Adam
from torch.optim.lr_scheduler import OneCycleLR

from mtlue.bounds import LEVELS, to_float
from mtlue.data import Batch
from mtlue.methods.weights import check_weights, read_weights, write_weights
from mtlue.runtime import Runtime
from mtlue.structured import refusing
from mtlue.training.divergence import LEAVE_OUT, refuse_divergence

B = TypeVar("B", Tensor, Batch)
_AT_ONCE = 2**20
"""Pixels of the images that a network is applied to at once."""
_REMEDY = "delete it, and it is trained again"


def descend(
    network: nn.Module,
    batches: Iterable[B],
    loss: Callable[[nn.Module, B], Tensor],
    steps: int,
    learning_rate: float,
    runtime: Runtime,
    title: str,
) -> None:
    """Train a network in place: Adam, one batch per step, a rate that rises and falls once.

    Args:
        network: on any device; on the runtime's afterwards, in evaluation mode.
        batches: at least ``steps``, on the CPU.
        loss: of a network and a batch on the device.
        learning_rate: the highest.
        title: what the progress bar says.

    Raises:
        InputError: the loss of the last step is NaN or infinite.
    """
    optimizer = Adam(network.parameters(), learning_rate, fused=runtime.fuses_optimizers)
    trained, managed = runtime.setup(network.train(), optimizer)
    scheduler = OneCycleLR(optimizer, learning_rate, total_steps=max(steps, 2))
    value = torch.zeros(())
    for _, batch in zip(runtime.progress.track(range(steps), title, steps), batches, strict=False):
        value = loss(trained, batch.to(runtime.device))
        managed.zero_grad()
        runtime.backward(value)
        managed.step()
        scheduler.step()
    refuse_divergence(f"{title}: the", "loss", [float(value.detach())], LEAVE_OUT)
    network.eval()


def kept(network: nn.Module, file: Path | None, train: Callable[[], None]) -> None:
    """A trained network's weights: those of a file where there is one, else trained and written to it.

    Raises:
        InputError: the file is damaged.
    """
    if file is None or not file.is_file():
        train()
        if file is not None:
            write_weights(file, network.state_dict())
        return
    tensors = read_weights(file, _REMEDY)
    with refusing(file, _REMEDY):
        check_weights(tensors, {name: value.cpu() for name, value in network.state_dict().items()})
    network.load_state_dict(tensors)
    network.eval()


@torch.no_grad()
def applied(change: Callable[..., Tensor], images: Tensor, device: torch.device, *besides: Tensor) -> Tensor:
    """Images changed on a device, a few at once.

    Args:
        change: float 0..1 [B, C, H, W], and what is besides -> the same shape, of any range.
        images: uint8 [B, C, H, W] on the CPU.
        besides: more of each image, [B, ...] on the CPU.

    Returns:
        uint8 [B, C, H, W] on the CPU: clipped and rounded.
    """
    few = max(1, _AT_ONCE // (images.shape[2] * images.shape[3]))
    parts = zip(*(tensor.split(few) for tensor in (images, *besides)), strict=True)
    return torch.cat([_changed(change, part.to(device), *(one.to(device) for one in more)) for part, *more in parts])


def _changed(change: Callable[..., Tensor], images: Tensor, *besides: Tensor) -> Tensor:
    return to_levels(change(to_float(images), *besides)).cpu()


def to_levels(images: Tensor) -> Tensor:
    """Float images, about 0..1, to uint8."""
    return (images.clamp(0, 1) * LEVELS).round().byte()
