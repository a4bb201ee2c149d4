"""Fewer levels, which take small changes away wherever a level is not crossed."""

import torch
from torch import Generator, Tensor

from mtlue.methods.transformations.base import Transformation
from mtlue.methods.transformations.settings import BitsSettings

_BITS = 8


class Bits(Transformation):
    """The highest ``depth`` to ``most`` bits of every value; the gradient passes as if nothing were rounded."""

    Settings = BitsSettings
    settings: BitsSettings

    def __call__(self, images: Tensor, generator: Generator) -> Tensor:
        depth = int(torch.randint(self.settings.depth, self.settings.most + 1, (), generator=generator))
        step = float(2 ** (_BITS - depth))
        kept = (images * 255).round().div(step).floor() * step / 255
        return images + (kept - images).detach()
