"""MixUp (Zhang et al., ICLR 2018)."""

from __future__ import annotations

from typing import Any, ClassVar

from mtlue.evaluation.countermeasures.mixing import Mixing, last


class MixUp(Mixing):
    """Blend each image with another one of its batch.

    The loss is the same mixture of the losses of both images' labels, labels per pixel included.
    """

    reference: ClassVar[str] = "Zhang et al., ICLR 2018"

    def _transform(self) -> Any:
        from torchvision.transforms import v2

        return v2.MixUp(alpha=self.settings.alpha, labels_getter=last)
