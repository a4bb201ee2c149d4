"""Transforms of libraries that know PyTorch's global random state alone, drawn from a generator that is handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mtlue.bounds import LEVELS, to_float
from mtlue.seeds import stream

if TYPE_CHECKING:
    from torch import Generator, Tensor


@contextmanager
def drawn_from(generator: Generator) -> Iterator[None]:
    """Whatever draws from the CPU's global state inside draws from ``generator``; the state stays as it was."""
    import torch

    seed = int(torch.randint(2**62, (), generator=generator, device=generator.device))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.set_state(stream(seed).get_state())
        yield


def each_image(transform: Callable[[Tensor], Tensor], views: Tensor, generator: Generator) -> Tensor:
    """Transform every image of a batch by itself, with draws of its own.

    Args:
        transform: uint8 [C, h, w] on the CPU -> uint8 of that shape; random from the global state.
        views: float 0..1 [B, C, h, w]; rounded to whole levels.
        generator: all randomness comes from it.

    Returns:
        float 0..1 [B, C, h, w] on the device of ``views``.
    """
    import torch

    levels = (views * LEVELS).round().byte().cpu()
    with drawn_from(generator):
        changed = torch.stack([transform(image) for image in levels])
    return to_float(changed.to(views.device))
