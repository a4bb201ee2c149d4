"""A low-pass filter of cosine frequencies (Kim and Sandoval-Segura, AdvML-Frontiers 2024)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import Batch

_LEAST_SHARE = 0.01


@dataclass(frozen=True)
class LowPassSettings(Settings):
    """Which frequencies are kept.

    Args:
        share: of rows and columns kept, 0.01 to 1; the paper's is 0.3.
    """

    share: float = 0.3

    def __post_init__(self) -> None:
        check_least(self, share=_LEAST_SHARE)
        check_most(self, share=1)

    def kept(self, side: int) -> int:
        """How many of ``side`` frequencies are kept, at least the mean."""
        return max(1, int(self.share * side + 1e-9))  # 0.57 * 100 is just below 57


class LowPass(Countermeasure):
    """Keep the lowest rows and columns of every channel's discrete cosine transform, and set all others to zero."""

    Settings = LowPassSettings
    settings: LowPassSettings
    reference: ClassVar[str] = "Kim and Sandoval-Segura, AdvML-Frontiers 2024"

    def prepare(self, batch: Batch) -> Tensor:
        import torch
        from scipy.fft import dctn, idctn

        from mtlue.evaluation.countermeasures.pixels import as_pixels

        rows, columns = (self.settings.kept(side) for side in batch.images.shape[2:])
        spectrum = dctn(batch.images.double().numpy(), axes=(2, 3), norm="ortho")
        spectrum[:, :, rows:] = 0
        spectrum[:, :, :, columns:] = 0
        return as_pixels(torch.from_numpy(idctn(spectrum, axes=(2, 3), norm="ortho")))
