"""A code without surrogates, made for labels of pixels: what is to be read at a glance is one pure pattern a place."""

from typing import Any

import torch
from torch import Tensor

from mtlue.bounds import DEFAULT_EPSILON, to_float
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.methods.base import SURROGATE_OPTIONS, FitRecord, Perturber
from mtlue.methods.label_codes import Colours, DenseCode, ImageCode
from mtlue.methods.waves import PERIOD
from mtlue.runtime import Runtime
from mtlue.tasks import by_level

FITTED_IMAGES = 500
"""Images that dense symbols and patterns are found on, at most."""
ALONE: Colours = ((1, -1, 1), (1, 1, -1), (-1, 1, 1))
OF_PIXELS: Colours = ((1, 0, -1), (1, 0, 1))
OF_IMAGES: Colours = ((0, 1, 0),)
"""Colours (red, green, blue) of a pattern: where only one kind of label is there, and of each kind where both are."""


class JointCode(Perturber):
    """Every pixel carries one pure pattern at full epsilon, which says its labels.

    Learners read a perturbation of dense labels only where it is much easier to read than the image: a wave of high
    frequency at full amplitude. A sum of one pattern a task leaves each a fraction of that. So all dense tasks share
    one code (:class:`DenseCode`), and all image-level tasks another (:class:`ImageCode`). Where there are both, the
    first lies in red and blue, the second in green; in grey images each has every second square of 16 pixels.

    The perturbation depends on the labels alone, as that of LSP and AR does: whoever knows that can average it out.

    Args:
        epsilon: bound on every entry of delta, 0..1.
    """

    inductive = True
    unused_options = SURROGATE_OPTIONS

    def __init__(self, *, epsilon: float = DEFAULT_EPSILON) -> None:
        super().__init__(epsilon=epsilon)
        self._kept: dict[str, Tensor] = {}

    def _fit(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline) -> FitRecord:
        seed = runtime.seed_for("joint code") % 2**32
        order = torch.randperm(len(dataset), generator=runtime.generator("joint code", "images"))
        hidden = self.scope.hide_in(dataset)
        some = hidden.take(order[:FITTED_IMAGES].sort().values.tolist())
        images = to_float(some.images[:])
        self._kept = {}
        dense, whole = self._codes()
        if dense is not None:
            dense.fit(some, images, self._colours(OF_PIXELS), seed)
        if whole is not None:
            whole.fit(hidden.labels, images, self._colours(OF_IMAGES), seed)
        return FitRecord()

    def _delta(self, images: Tensor, batch: Batch) -> Tensor:
        size = (images.shape[2], images.shape[3])
        dense, whole = self._codes()
        if dense is None or whole is None:
            only = dense or whole
            assert only is not None
            return self.epsilon * only.paint(batch.labels, size)
        parts = dense.paint(batch.labels, size), whole.paint(batch.labels, size)
        if self.channels == 1:
            return self.epsilon * torch.where(squares(size).to(images.device), *parts)
        return self.epsilon * (parts[0] + parts[1])

    def _codes(self) -> tuple[DenseCode | None, ImageCode | None]:
        whole, dense = by_level(self.tasks)
        return DenseCode(dense, self._kept) if dense else None, ImageCode(whole, self._kept) if whole else None

    def _colours(self, share: Colours) -> Colours:
        if self.channels == 1:
            return ((1,),)
        return share if all(by_level(self.tasks)) else ALONE

    def _tensors(self) -> dict[str, Tensor]:
        return self._kept

    def _restore(self, settings: dict[str, Any], tensors: dict[str, Tensor], runtime: Runtime) -> None:
        self._kept = {name: tensor.to(runtime.device) for name, tensor in tensors.items()}


def squares(size: tuple[int, int]) -> Tensor:
    """[H, W] bool: every second square of a chessboard of 16 pixels."""
    rows, columns = (torch.arange(side) // PERIOD % 2 for side in size)
    return rows[:, None] == columns
