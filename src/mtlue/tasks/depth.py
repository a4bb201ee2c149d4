"""Depth: a distance per pixel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mtlue.errors import InputError
from mtlue.lazy import Later
from mtlue.tasks.codec import UnusableMapError
from mtlue.tasks.dense import DenseTask
from mtlue.tasks.learning import masked_mean
from mtlue.tasks.maps import notes_on_unlabelled, single
from mtlue.wording import counted

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

    from mtlue.tasks.meters import Meter
else:
    torch = Later("torch")

PLACES = 9
"""Anchors: places in the range of depths. A depth between two is a mixture of theirs."""
_FALLBACK = 2**20
_TOO_NEAR = 0.1
"""Of ``high``: a depth that is no further from the true one is not wrong."""
_LOSS_RANGE = 10.0
"""What ``high`` is in the loss: the other tasks' losses are as large at chance, whatever the unit of depth."""


@dataclass(frozen=True)
class Depth(DenseTask):
    """A distance per pixel, above 0 and up to ``high``; labels are float32 [B, H, W], 0 where a pixel has none.

    A model predicts it in units of ``high``, so that a fresh model's outputs are not far from any label. Loss: absolute
    error over the pixels that have one (method.md, "Datasets and pipelines"), in tenths of ``high``: metres up to 10
    and the same depths in millimetres cost the same. Wrong target: each image's own range upside down, so that what is
    near becomes far; where that is almost the depth itself, half of ``high`` further or nearer.

    Args:
        name: the task's name, and that of the column that names its files.
        high: the largest distance, above 0; a larger one is taken for a wrong unit.
        scale: what a file's numbers are multiplied by, above 0 (0.001 for millimetres to metres).

    Raises:
        InputError: ``high`` or ``scale`` is not a number above 0.

    >>> Depth("depth", scale=0.001).read(np.array([[1500, 0]]))[0].tolist()
    [[1.5, 0.0]]
    """

    high: float = 10.0
    scale: float = 1.0
    kind: ClassVar[str] = "depth"
    metrics: ClassVar[dict[str, bool]] = {"absolute_error": False, "relative_error": False}
    headline: ClassVar[str] = "absolute_error"
    stored: ClassVar[str] = "float32"
    absent: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not all(math.isfinite(value) and value > 0 for value in (self.high, self.scale)):
            raise InputError(f"task '{self.name}': high {self.high:g} and scale {self.scale:g} must be above 0")

    @property
    def chance_loss(self) -> float:
        return _LOSS_RANGE / 4

    def describe(self) -> str:
        return f"up to {self.high:g}"

    def read(self, values: NDArray[Any]) -> tuple[NDArray[Any], Sequence[str]]:
        depth = single(values, "depth").astype(np.float64) * self.scale
        unknown = ~np.isfinite(depth)
        if (depth[~unknown] < 0).any():
            negative = int((depth[~unknown] < 0).sum())
            raise UnusableMapError(f"{counted(negative, 'pixel has', 'pixels have')} a negative depth")
        largest = depth.max(initial=0.0, where=~unknown)
        if np.float32(largest) > np.float32(self.high):  # as they are kept: 0.1 is a little more there
            raise UnusableMapError(
                f"its largest depth is {largest:g}, more than {self.high:g}: name the unit with 'scale' (0.001 for "
                "millimetres) or the largest depth with 'high' in a tasks file"
            )
        return np.where(unknown, self.absent, depth).astype(self.stored), notes_on_unlabelled(unknown)

    def released(self, label: Tensor) -> NDArray[Any]:
        return label.numpy()

    def table_rule(self) -> dict[str, Any] | None:
        return {"kind": self.kind, "high": self.high}

    def as_released(self) -> Depth:
        return replace(self, scale=1.0)

    @property
    def anchors(self) -> int:
        return PLACES

    def anchor_weights(self, label: Tensor) -> Tensor:
        """A depth is the mixture of the two places in 0 to ``high`` that it lies between."""
        place = (label / self.high).clamp(0, 1) * (PLACES - 1)
        distance = (place[:, None] - torch.arange(PLACES, device=label.device)[:, None, None]).abs()
        return (1 - distance).clamp(min=0) * (label > 0)[:, None]

    def picture(self, label: Tensor) -> Tensor:
        return label / label.max().clamp(min=1e-6)

    def loss(self, prediction: Tensor, label: Tensor) -> Tensor:
        """``prediction``: [B, 1, H, W] in units of ``high``; ``label``: [B, H, W]."""
        return masked_mean((self.high * prediction[:, 0] - label).abs(), label > 0) * (_LOSS_RANGE / self.high)

    def wrong_target(self, label: Tensor) -> Tensor:
        present = label > 0
        far = label.amax((-2, -1), keepdim=True)
        near = torch.where(present, label, far).amin((-2, -1), keepdim=True)
        opposite, half = (near + far - label).maximum(near), self.high / 2
        shifted = torch.where(label > half, label - half, label + half)
        wrong = torch.where((opposite - label).abs() < _TOO_NEAR * self.high, shifted, opposite)
        return torch.where(present, wrong, label)

    def missing(self, label: Tensor) -> Tensor:
        return label == 0

    def first_invalid(self, labels: Tensor) -> tuple[int, str] | None:
        if labels.ndim != 3 or not labels.is_floating_point():
            return 0, f"labels must be numbers [H, W], not {labels.dtype} of shape {list(labels.shape[1:])}"
        bad = (~(labels >= 0) | labels.isinf()).nonzero()
        if not len(bad):
            return None
        first = tuple(bad[0].tolist())
        return first[
            0
        ], f"depth {float(labels[first]):g} is not a distance: give numbers above 0, and 0 where there is none"

    def meter(self) -> Meter:
        """Of predictions [B, 1, H, W] in units of ``high``. Errors are means over all pixels that have a depth."""
        from mtlue.tasks.dense_meters import DepthMeter

        return DepthMeter(self.high)

    def constants(self, train: Iterable[Tensor]) -> Mapping[tuple[str, ...], Tensor]:
        """Each pixel's median depth, weighted by 1/depth for the relative error.

        Where no training image has a depth it is the median of all, or of about 2^20 of them, evenly spaced.
        """
        labels = torch.cat(list(train))
        present = labels[labels > 0]
        sample = present[:: max(1, len(present) // _FALLBACK)] if len(present) else present.new_zeros(1)
        everywhere = _medians(sample[:, None])
        rows = [_medians(labels[:, row]) for row in range(labels.shape[1])]  # one at a time: sorting needs room
        medians = [torch.stack(lines) for lines in zip(*rows, strict=True)]
        best = [torch.where(own > 0, own, whole) for own, whole in zip(medians, everywhere, strict=True)]
        return {("absolute_error",): best[0][None] / self.high, ("relative_error",): best[1][None] / self.high}

    def correct(self, prediction: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """Counts pixels; right is what lies within a tenth of the true depth."""
        present = label > 0
        near = (self.high * prediction[:, 0] - label).abs() <= 0.1 * label
        return (near & present).sum(), present.sum()


def _medians(labels: Tensor) -> tuple[Tensor, Tensor]:
    """[N, W] of depths -> each column's median, and the one weighted by 1/depth, [W] each; NaN without a depth."""
    ordered = torch.where(labels > 0, labels, torch.inf).sort(0).values
    count = (labels > 0).sum(0)
    shares = (1 / ordered.double()).cumsum(0)
    places = ((count - 1) // 2, (shares < shares[-1:] / 2).sum(0))
    depths = [ordered.gather(0, place.clamp(0, len(labels) - 1)[None])[0] for place in places]
    plain, weighted = (torch.where(count > 0, depth, torch.nan) for depth in depths)
    return plain, weighted
