"""Which of several transformations each image of a batch goes through."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from mtlue.methods.transformations import build_chain
from mtlue.methods.transformations.base import Transformation
from mtlue.training.parts import BatchPart

_SEEDS = 2**62


@dataclass(frozen=True)
class TransformationMixture:
    """Leaves some images as they are, and sends each of the others through one chain of transformations.

    Args:
        chains: equally likely.
        share: of the images that go through one, 0..1.
    """

    chains: Sequence[Sequence[Transformation]] = ()
    share: float = 1.0

    @classmethod
    def of(cls, texts: Sequence[str], share: float) -> "TransformationMixture":
        """From chains by name: ``grey+jpeg``."""
        return cls([build_chain(text) for text in texts], share)

    def __bool__(self) -> bool:
        return bool(self.chains) and self.share > 0

    def __call__(self, images: Tensor, generator: Generator, part: BatchPart | None = None) -> Tensor:
        """One draw: which chain each image goes through, and for each chain what it does to all of its images.

        Args:
            images: float 0..1 [B, C, H, W].
            generator: on the CPU; nothing else is random.
            part: which rows of a larger batch these are, so that each row gets what it gets there; None: all of it.

        Returns:
            Float 0..1 of the same shape, with a graph to ``images``.
        """
        if not self:
            return images
        part = part or BatchPart.whole(len(images))
        chosen = torch.randint(len(self.chains), (part.size,), generator=generator)
        chosen[torch.rand(part.size, generator=generator) >= self.share] = -1
        seeds = torch.randint(_SEEDS, (len(self.chains),), generator=generator).tolist()
        changed = images
        for number, (chain, seed) in enumerate(zip(self.chains, seeds, strict=True)):
            rows = (chosen[part.rows] == number).nonzero().flatten().to(images.device)
            if len(rows):
                changed = changed.index_copy(0, rows, _through(chain, images[rows], seed))
        return changed


def _through(chain: Sequence[Transformation], images: Tensor, seed: int) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    for transformation in chain:
        images = transformation(images, draw)
    return images
