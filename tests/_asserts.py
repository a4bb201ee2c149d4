"""What several tests claim in the same words."""

from pathlib import Path

import torch
from torch import Tensor

from mtlue import Batch, Runtime
from mtlue.bounds import largest_difference, to_float
from mtlue.methods import Perturber, load_method


def assert_in_ball(protected: Tensor, clean: Tensor, levels: float, least: int = 0) -> None:
    """uint8 images that differ by ``least`` levels of 255 somewhere, and by more than ``levels`` nowhere."""
    assert protected.dtype == clean.dtype == torch.uint8
    assert least <= largest_difference(protected, clean) <= levels


def assert_perturbation_in_ball(delta: Tensor, clean: Tensor, levels: float) -> None:
    """A perturbation of the uint8 images ``clean`` that is within ``levels`` of 255, and leaves them within 0..1."""
    assert delta.shape == clean.shape
    assert delta.abs().max() <= levels / 255 + 1e-7
    perturbed = to_float(clean) + delta
    assert perturbed.min() >= 0
    assert perturbed.max() <= 1 + 1e-6


def files_of(folder: Path) -> dict[str, bytes]:
    """The files at any depth of a folder: their paths inside it, and what they hold."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_same_bytes(one: Path, other: Path) -> None:
    """Two folders hold the same files, byte for byte, and at least one."""
    first, second = files_of(one), files_of(other)
    assert first
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def assert_round_trip(method: Perturber, batch: Batch, folder: Path) -> Perturber:
    """A method that was saved and loaded again protects a batch with the same bytes; gives the loaded one."""
    method.save(folder)
    loaded = load_method(folder, Runtime("cpu"))
    assert (loaded.name, loaded.settings) == (method.name, method.settings)
    assert (loaded.epsilon, loaded.tasks) == (method.epsilon, method.tasks)
    assert torch.equal(loaded.protect(batch), method.protect(batch))
    return loaded
