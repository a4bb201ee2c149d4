"""Class embeddings: one learned map for each class of each task, and the matrix that says who gets which."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlue.data.dataset import Labels
from mtlue.tasks import ImageTask


class ClassEmbeddings(nn.Module):
    """e^k_c for every task k and class c (PAPER 2): one map [channels, h, w] each, stored at a base grid.

    There are sum_k C_k maps, not prod_k C_k. :meth:`maps` interpolates them to any grid, so that one generator
    serves several image sizes.

    Args:
        tasks: image-level tasks. Numbers have a map for each of a few places in their range instead of classes.
        channels: channels of a map.
        grid: (h, w) that the maps are stored at.
    """

    def __init__(self, tasks: Sequence[ImageTask], channels: int, grid: tuple[int, int]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.counts = [task.anchors for task in self.tasks]
        self.table = nn.Parameter(torch.randn(sum(self.counts), channels, *grid))

    def maps(self, grid: tuple[int, int]) -> Tensor:
        """All maps at ``grid``: [sum C_k, channels, *grid]; the stored ones to the bit where the grid is the base's."""
        return resize_maps(self.table, grid)

    def selection(self, labels: Labels) -> Tensor:
        """Which maps each image gets, as weights [B, K, sum C_k]; row k sums to 1 over task k's classes.

        A present label selects its class (a number, the mixture of the two maps that it lies between). A missing label
        gets the mean of the task's classes, which says nothing about the class; labels of tasks that are to stay
        learnable are hidden as missing ones (PAPER 10).
        """
        rows = []
        for index, task in enumerate(self.tasks):
            label, count = labels[task.name], self.counts[index]
            present = ~task.unlabelled(label)
            chosen = task.anchor_weights(label)
            neutral = torch.full_like(chosen, 1 / count)
            before, after = sum(self.counts[:index]), sum(self.counts[index + 1 :])
            rows.append(F.pad(torch.where(present[:, None], chosen, neutral), (before, after)))
        return torch.stack(rows, dim=1)

    def by_task(self) -> list[Tensor]:
        """The maps as vectors, one [C_k, D] matrix a task: what the regularisers compare."""
        return list(torch.split(self.table.flatten(1), self.counts)) if self.counts else []


def resize_maps(maps: Tensor, grid: tuple[int, int]) -> Tensor:
    """Bilinear interpolation of [N, channels, h, w] to ``grid``; the identity where the grid stays."""
    if tuple(maps.shape[-2:]) == tuple(grid):
        return maps
    return F.interpolate(maps, grid, mode="bilinear", align_corners=False)
