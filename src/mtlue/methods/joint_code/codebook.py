"""Labels of several tasks together as one of a few symbols: k-means over what the tasks say in anchors."""

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
"""Where the centroid of a symbol that no label needs lies: far from every label."""


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
    def fitted(cls, told: Tensor, planes: Sequence[int], symbols: int, seed: int) -> "Codebook":
        """Find the symbols of labels.

        Args:
            told: labels in anchors, float [N, sum of planes]; a task's are all 0 where it has no label.
            planes: anchors of each task.
            symbols: how many at most; labels of as few distinct values get one each.
            seed: of k-means.
        """
        told = told[told.any(1)].cpu()
        centroids = torch.full((symbols, sum(planes)), _NOWHERE)
        distinct = torch.unique(told, dim=0)
        if len(distinct):
            count = min(symbols, len(distinct))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct labels than float32 can tell apart
                found = KMeans(count, n_init=_RUNS, random_state=seed % 2**32).fit(told.numpy())
            centroids[:count] = _ordered(torch.from_numpy(found.cluster_centers_).float(), planes)
        return cls(tuple(planes), centroids)

    @property
    def used(self) -> int:
        """How many symbols some label has."""
        return int((self.centroids < _NOWHERE).all(1).sum())

    def nearest(self, told: Tensor) -> Tensor:
        """The symbol of each place: the nearest one, by the tasks that have a label there.

        Args:
            told: float [B, sum of planes, h, w].

        Returns:
            int64 [B, h, w].
        """
        centroids = self.centroids.to(told)
        present = torch.cat([part.any(1, keepdim=True) for part in torch.split(told, list(self.planes), dim=1)], dim=1)
        lengths = torch.stack(
            [part.square().sum(1) for part in torch.split(centroids, list(self.planes), dim=1)], dim=1
        )
        seen = torch.cat([told, present.to(told)], dim=1)
        return F.conv2d(seen, torch.cat([-2 * centroids, lengths], dim=1)[..., None, None]).argmin(1)


def _ordered(centroids: Tensor, planes: Sequence[int]) -> Tensor:
    """Sorted by what the first task says, then the second and so on: an order that does not hang on k-means' own."""
    places = [_place(part) for part in torch.split(centroids, list(planes), dim=1)]
    keys = [tuple(row) for row in torch.stack([*(place.round() for place in places[:-1]), places[-1]], dim=1).tolist()]
    return centroids[sorted(range(len(keys)), key=keys.__getitem__)]


def _place(part: Tensor) -> Tensor:
    """The mean anchor of each row."""
    return (part * torch.arange(part.shape[1])).sum(1) / part.sum(1).clamp(min=1e-6)
