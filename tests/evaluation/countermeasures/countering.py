"""Images, batches and attackers that tests of countermeasures share."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Generator, Tensor

from conftest import TensorDataset, random_dataset
from mtlue import Runtime
from mtlue.bounds import to_float
from mtlue.data import Batch, Pipeline
from mtlue.evaluation.attacker import Attacker
from mtlue.methods import MethodChoice
from mtlue.training import Mixture


def smooth_images(channels: int = 3, count: int = 3, sides: tuple[int, int] = (24, 20)) -> Tensor:
    """Images that look like images: uint8 [count, channels, H, W]."""
    coarse = torch.rand(count, channels, 6, 5, generator=generator())
    large = torch.nn.functional.interpolate(coarse, sides, mode="bilinear")
    return (large * 255).to(torch.uint8)


def batch_of(images: Tensor, ids: Sequence[str] | None = None) -> Batch:
    """Images without labels."""
    return Batch(images, {}, [f"{i}" for i in range(len(images))] if ids is None else ids)


def views_of(data: TensorDataset) -> Batch:
    """What a learner is about to see, if it sees images whole."""
    return Batch(to_float(data.images[:]), {name: label[:] for name, label in data.labels.items()}, data.ids)


def generator(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def seen(disturbed: Tensor | Mixture) -> Tensor:
    """The images of a disturbed batch."""
    return disturbed.images if isinstance(disturbed, Mixture) else disturbed


def named(data: TensorDataset, prefix: str) -> TensorDataset:
    """The same images by other ids: those of an attacker's own are in no release."""
    return replace(data, ids=[f"{prefix} {i}" for i in range(len(data))])


def attacker_of(data: TensorDataset | None = None, own: int = 24) -> Attacker:
    """Somebody who has random images of 16x16 pixels, ``own`` of them clean, and trains on 32 that name a method."""
    clean = named(random_dataset(own, seed=5), "own")
    pipeline, method = Pipeline((16, 16), (12, 12)), MethodChoice("lsp-patch")
    test = random_dataset(16, seed=6)
    return Attacker(data or random_dataset(32), pipeline, Runtime("cpu"), clean, test, method)
