"""What a learner may do against a protection."""

from collections.abc import Mapping

from torch import Tensor

from mtlue.models import MultiTaskModel


class Countermeasure:
    """Nothing at all; subclasses override one of the two.

    ``passes`` says how many passes :meth:`disturb` takes beside each training step.
    """

    @property
    def passes(self) -> int:
        return 0

    def prepare(self, images: Tensor) -> Tensor:
        """Process images once, before training and before testing. uint8 [B, C, H, W] -> the same shape."""
        return images

    def disturb(self, model: MultiTaskModel, views: Tensor, labels: Mapping[str, Tensor]) -> Tensor:
        """Change a training batch before a step. Views float 0..1 [B, C, h, w] -> the same shape."""
        return views
