"""Bit-depth reduction."""

from dataclasses import dataclass

from torch import Tensor
from torchvision.transforms.v2.functional import posterize

from mtlue.evaluation.countermeasures.base import Countermeasure


@dataclass(frozen=True)
class BitDepth(Countermeasure):
    """Keep the highest bits of every value.

    Args:
        bits: 1..8; the paper's is 2.
    """

    bits: int = 2

    def prepare(self, images: Tensor) -> Tensor:
        kept: Tensor = posterize(images, self.bits)
        return kept
