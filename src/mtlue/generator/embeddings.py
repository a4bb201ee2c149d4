"""Class embeddings: one learned map for each class of each task, and how much of each an image gets."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlue.tasks import Embedding, Labels, task_anchor_weights


class ClassEmbeddings(nn.Module):
    """e^k_c for every task k and class c (method.md, "Generator"): maps [channels, h, w], stored at a base grid.

    There are sum_k C_k maps, not prod_k C_k. They are interpolated to any grid, so that one generator serves several
    image sizes; an image's own are picked first, at the base grid, where a map is a few numbers.

    Args:
        tasks: tasks with one label per image. Numbers have a map for each of a few places in their range instead of
            classes.
        channels: channels of a map.
        grid: (h, w) that the maps are stored at.
    """

    def __init__(self, tasks: Sequence[Embedding], channels: int, grid: tuple[int, int]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.counts = [task.anchors for task in self.tasks]
        self.table = nn.Parameter(torch.randn(sum(self.counts), channels, *grid))

    def summed(self, labels: Labels, grid: tuple[int, int]) -> Tensor:
        """e^1 + ... + e^K of each image, [B, channels, *grid]: one matrix product, however many tasks there are."""
        own = self.weights(labels) @ self.table.flatten(1)
        return resize_maps(own.reshape(-1, *self.table.shape[1:]), grid)

    def stacked(self, labels: Labels, grid: tuple[int, int]) -> Tensor:
        """[e^1, ..., e^K] of each image, [B, K * channels, *grid]."""
        pairs = zip(task_anchor_weights(self.tasks, labels), torch.split(self.table, self.counts), strict=True)
        own = [torch.einsum("bs,schw->bchw", weights.to(maps.dtype), maps) for weights, maps in pairs]
        return resize_maps(torch.cat(own, dim=1), grid)

    def weights(self, labels: Labels) -> Tensor:
        """How much of every map each image gets, [B, sum C_k]; each task's columns sum to 1.

        A present label selects its class (a number, the mixture of the two maps that it lies between). A missing label
        gets the mean of the task's classes, which says nothing about the class; labels of tasks that are to stay
        learnable are hidden as missing ones (method.md, "Countermeasures and partial protection").
        """
        return torch.cat(task_anchor_weights(self.tasks, labels), dim=1).to(self.table.dtype)

    def by_task(self) -> list[Tensor]:
        """The maps as vectors, one [C_k, D] matrix per task: what the regularisers compare."""
        return list(torch.split(self.table.flatten(1), self.counts)) if self.counts else []


def resize_maps(maps: Tensor, grid: tuple[int, int]) -> Tensor:
    """Bilinear interpolation of [N, channels, h, w] to ``grid``; the identity where the grid stays."""
    if tuple(maps.shape[-2:]) == tuple(grid):
        return maps
    return F.interpolate(maps, grid, mode="bilinear", align_corners=False)
