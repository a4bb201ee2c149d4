"""A kind of task as another package would add it: one to five stars per image, predicted as one number."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtlue.tasks import GatheringMeter, ImageTask, Meter, Scores, UnknownLabelError
from mtlue.tasks.learning import masked_mean


@dataclass(frozen=True)
class Stars(ImageTask):
    """A number of stars; labels are int64 [B], 1 to ``most``, -1 where the label is missing.

    Args:
        most: the largest number of stars.
    """

    most: int = 5
    kind: ClassVar[str] = "stars"
    metrics: ClassVar[dict[str, bool]] = {"absolute_error": False, "exact": True}
    headline: ClassVar[str] = "absolute_error"

    def loss(self, prediction: Tensor, label: Tensor) -> Tensor:
        return masked_mean((prediction[:, 0] - label).abs(), ~self.missing(label))

    def wrong_target(self, label: Tensor) -> Tensor:
        return torch.where(self.missing(label), label, self.most + 1 - label)

    def correct(self, prediction: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        present = ~self.missing(label)
        return ((prediction[:, 0].round() == label) & present).sum(), present.sum()

    def meter(self) -> Meter:
        return GatheringMeter(self._scores, self.metrics)

    def constants(self, train: Iterable[Tensor]) -> Mapping[tuple[str, ...], Tensor]:
        labels = torch.cat(list(train)).float()
        return {tuple(self.metrics): labels[labels > 0].nanmedian()[None]}

    @property
    def anchors(self) -> int:
        return self.most

    def anchor_weights(self, label: Tensor) -> Tensor:
        return (label[:, None] == torch.arange(1, self.most + 1, device=label.device)).float()

    def parse(self, texts: Sequence[str | None]) -> NDArray[Any]:
        for position, text in enumerate(texts):
            if text is not None and (text.strip("*") or not 1 <= len(text) <= self.most):
                raise UnknownLabelError(f"label '{text}' of task '{self.name}' is not 1 to {self.most} stars", position)
        return np.array([-1 if text is None else len(text) for text in texts], np.int64)

    def format(self, label: Tensor) -> str:
        return "*" * int(label)

    def _scores(self, prediction: Tensor, label: Tensor) -> Scores:
        error = (prediction[:, 0] - label).abs()[~self.missing(label)]
        return {"absolute_error": float(error.mean()), "exact": float((error < 0.5).float().mean())}
