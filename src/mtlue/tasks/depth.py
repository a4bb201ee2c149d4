"""Depth: a distance per pixel."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtlue.errors import InputError
from mtlue.tasks.base import Scores, masked_mean
from mtlue.tasks.dense import DenseTask, UnusableMapError, single


@dataclass(frozen=True)
class Depth(DenseTask):
    """A distance a pixel, above 0 and up to ``high``; labels are float32, 0 where a pixel has none.

    Loss: absolute error over the pixels that have one (PAPER 6). Wrong target: each image's own range upside down, so
    that what is near becomes far.

    Args:
        high: the largest distance; a larger one is taken for a wrong unit.
        scale: what a file's numbers are multiplied with (0.001 for millimetres to metres).
    """

    high: float = 10.0
    scale: float = 1.0
    kind: ClassVar[str] = "depth"
    metrics: ClassVar[dict[str, bool]] = {"absolute_error": False, "relative_error": False}
    headline: ClassVar[str] = "absolute_error"
    stored: ClassVar[str] = "float32"
    absent: ClassVar[float] = 0.0

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) and value > 0 for value in (self.high, self.scale)):
            raise InputError(f"task '{self.name}': high {self.high:g} and scale {self.scale:g} must be above 0")

    @property
    def channels(self) -> int:
        return 1

    @property
    def chance_loss(self) -> float:
        return self.high / 4

    def describe(self) -> str:
        return f"up to {self.high:g}"

    def read(self, values: NDArray[Any]) -> tuple[NDArray[Any], Sequence[str]]:
        depth = single(values, "depth").astype(np.float64) * self.scale
        unknown = ~np.isfinite(depth)
        if (depth[~unknown] < 0).any():
            raise UnusableMapError(f"{int((depth[~unknown] < 0).sum())} pixel(s) have a negative depth")
        largest = depth.max(initial=0.0, where=~unknown)
        if largest > self.high:
            raise UnusableMapError(
                f"its largest depth is {largest:g}, more than {self.high:g}: name the unit with 'scale' (0.001 for "
                "millimetres) or the largest depth with 'high' in a tasks file"
            )
        notes = (f"{int(unknown.sum())} pixel(s) are no numbers: they count as unlabelled",) if unknown.any() else ()
        return np.where(unknown, self.absent, depth).astype(self.stored), notes

    @property
    def planes(self) -> int:
        """The depth in units of ``high``, and where there is one."""
        return 2

    def encoded(self, label: Tensor) -> Tensor:
        present = (label > 0).float()
        return torch.stack([(2 * label / self.high - 1) * present, present], dim=1)

    def scaled(self, label: Tensor) -> Tensor:
        return label / label.max().clamp(min=1e-6)

    def counts(self, label: Tensor) -> dict[str, int]:
        return {}

    def loss(self, prediction: Tensor, label: Tensor) -> Tensor:
        """``prediction``: [B, 1, H, W] in the label's unit; ``label``: [B, H, W]."""
        return masked_mean((prediction[:, 0] - label).abs(), label > 0, prediction)

    def wrong_target(self, label: Tensor) -> Tensor:
        present = label > 0
        far = label.amax((-2, -1), keepdim=True)
        near = torch.where(present, label, far).amin((-2, -1), keepdim=True)
        return torch.where(present, near + far - label, label)

    def missing(self, label: Tensor) -> Tensor:
        return label == 0

    def fault(self, labels: Tensor) -> tuple[int, str] | None:
        if labels.ndim != 3 or not labels.is_floating_point():
            return 0, f"labels must be numbers [H, W], not {labels.dtype} of shape {list(labels.shape[1:])}"
        bad = (~(labels >= 0) | labels.isinf()).nonzero()
        if not len(bad):
            return None
        first = tuple(bad[0].tolist())
        return first[0], f"depth {float(labels[first]):g} is none: give numbers above 0, and 0 where there is none"

    def score(self, prediction: Tensor, label: Tensor) -> Scores:
        """``prediction``: [N, 1, H, W]. Errors are means over all pixels that have a depth."""
        present = label > 0
        if not bool(present.any()):
            return dict.fromkeys(self.metrics, float("nan"))
        truth = label[present].double()
        error = (prediction[:, 0][present].double() - truth).abs()
        return {"absolute_error": float(error.mean()), "relative_error": float((error / truth).mean())}

    def trivial(self, train_label: Tensor, test_label: Tensor) -> Scores:
        """One depth everywhere: the training pixels' median, weighed by 1/depth for the relative error."""
        values = train_label[train_label > 0].sort().values.double()
        if not values.numel():
            return dict.fromkeys(self.metrics, float("nan"))
        shares = (1 / values).cumsum(0)
        relative = values[int((shares < shares[-1] / 2).sum())]
        best = {"absolute_error": values[(len(values) - 1) // 2], "relative_error": relative}
        return {
            name: self.score(torch.full_like(test_label, float(guess))[:, None], test_label)[name]
            for name, guess in best.items()
        }

    def correct(self, prediction: Tensor, label: Tensor) -> tuple[float, float]:
        """Counts pixels; right is what lies within a tenth of the true depth."""
        present = label > 0
        near = (prediction[:, 0] - label).abs() <= 0.1 * label
        return float((near & present).sum()), float(present.sum())

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "name": self.name, "high": self.high, "scale": self.scale}
