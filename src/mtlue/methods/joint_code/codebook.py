"""Labels of several tasks together as one of a few symbols: k-means over the tasks' anchors."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor

_RUNS = 4
_NOWHERE = 1e3
"""Where the centroid of an unused symbol lies: far from every label."""


@dataclass(frozen=True)
class Codebook:
    """Symbols of a group of tasks.

    Attributes:
        planes: anchors of each task of the group.
        centroids: float [symbols, sum of planes].
    """

    planes: tuple[int, ...]
    centroids: Tensor

    @classmethod
    def fitted(cls, labels: Tensor, planes: Sequence[int], symbols: int, seed: int) -> "Codebook":
        """Find the symbols of labels.

        Args:
            labels: labels in anchors, float [N, sum of planes]; those of a task are all 0 where it has no label.
            planes: anchors of each task.
            symbols: how many at most; labels of as few distinct values get one each.
            seed: of k-means.
        """
        labels = labels[labels.any(1)].cpu()
        centroids = torch.full((symbols, sum(planes)), _NOWHERE)
        distinct = torch.unique(labels, dim=0)
        if len(distinct):
            count = min(symbols, len(distinct))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # labels that differ by less than float32 can hold
                fit = KMeans(count, n_init=_RUNS, random_state=seed % 2**32).fit(labels.numpy())
            centroids[:count] = _ordered(torch.from_numpy(fit.cluster_centers_).float(), planes)
        return cls(tuple(planes), centroids)

    @property
    def used(self) -> int:
        """How many symbols stand for a label."""
        return int((self.centroids < _NOWHERE).all(1).sum())

    def nearest(self, labels: Tensor) -> Tensor:
        """The symbol of each place: the nearest one, by the tasks that have a label there.

        Args:
            labels: float [B, sum of planes, h, w].

        Returns:
            int64 [B, h, w].
        """
        centroids = self.centroids.to(labels)
        present = torch.cat(
            [part.any(1, keepdim=True) for part in torch.split(labels, list(self.planes), dim=1)], dim=1
        )
        lengths = torch.stack(
            [part.square().sum(1) for part in torch.split(centroids, list(self.planes), dim=1)], dim=1
        )
        labelled = torch.cat([labels, present.to(labels)], dim=1)
        return F.conv2d(labelled, torch.cat([-2 * centroids, lengths], dim=1)[..., None, None]).argmin(1)


def _ordered(centroids: Tensor, planes: Sequence[int]) -> Tensor:
    """Sorted by what the first task says, then the second and so on: an order that does not depend on k-means' own."""
    places = [_place(part) for part in torch.split(centroids, list(planes), dim=1)]
    keys = [tuple(row) for row in torch.stack([*(place.round() for place in places[:-1]), places[-1]], dim=1).tolist()]
    return centroids[sorted(range(len(keys)), key=keys.__getitem__)]


def _place(part: Tensor) -> Tensor:
    """The mean anchor of each row."""
    return (part * torch.arange(part.shape[1])).sum(1) / part.sum(1).clamp(min=1e-6)
