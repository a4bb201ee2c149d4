"""CutMix (Yun et al., ICCV 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from mtlue.evaluation.countermeasures.mixing import Mixing, last

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch
    from mtlue.models import MultiTaskModel


class CutMix(Mixing):
    """Paste a box of another image of the batch into each image.

    Labels per image count by the areas of both. Labels per pixel are pasted as their pixels are.
    """

    reference: ClassVar[str] = "Yun et al., ICCV 2019"

    def _transform(self) -> Any:
        from torchvision.transforms import v2

        return v2.CutMix(alpha=self.settings.alpha, labels_getter=last)

    def _cut_like_images(self, model: MultiTaskModel, batch: Batch) -> dict[str, Tensor]:
        from mtlue.tasks import by_level

        _, dense = by_level(model.tasks)
        return {task.name: batch.labels[task.name] for task in dense}
