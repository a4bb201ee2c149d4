"""Images of which each shows two, and whose labels are partly those of the one, partly of the other."""

from dataclasses import dataclass

from torch import Tensor

from mtlue.tasks import Labels


@dataclass(frozen=True)
class Mixture:
    """A batch of mixed images, as MixUp and CutMix make them. The loss is mixed, so that any kind of label can be.

    Attributes:
        images: float 0..1 [B, C, h, w].
        labels: {task: [B, ...]} of the ones.
        others: {task: [B, ...]} of the others.
        share: 0..1; how much ``labels`` count; ``others`` count the rest.
    """

    images: Tensor
    labels: Labels
    others: Labels
    share: float
