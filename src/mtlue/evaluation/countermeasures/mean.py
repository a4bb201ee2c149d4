"""Mean filter (Image Shortcut Squeezing, Liu et al., ICML 2023)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.evaluation.countermeasures.windows import WindowSettings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch


class Mean(Countermeasure):
    """Give every pixel the mean of a square window around it, the border repeated outwards."""

    Settings = WindowSettings
    settings: WindowSettings
    reference: ClassVar[str] = "Liu et al., ICML 2023"

    def prepare(self, batch: Batch) -> Tensor:
        import torch
        from scipy.ndimage import uniform_filter

        from mtlue.evaluation.countermeasures.pixels import as_pixels

        window = (1, 1, self.settings.size, self.settings.size)
        return as_pixels(torch.from_numpy(uniform_filter(batch.images.double().numpy(), window, mode="nearest")))
