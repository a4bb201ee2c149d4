"""Class embeddings: one learned map for each class of each task, and the matrix that says who gets which."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlue.data.dataset import Labels
from mtlue.tasks import Categorical, ImageTask
from mtlue.tasks.classes import MISSING


class ClassEmbeddings(nn.Module):
    """e^k_c for every task k and class c (PAPER 2): one map [channels, h, w] each, stored at a base grid.

    There are sum_k C_k maps, not prod_k C_k. They are interpolated to any grid, so that one generator serves several
    image sizes; an image's own are picked first, at the base grid, where a map is a few numbers.

    Args:
        tasks: image-level tasks. Numbers have a map for each of a few places in their range instead of classes.
        channels: channels of a map.
        grid: (h, w) that the maps are stored at.
    """

    def __init__(self, tasks: Sequence[ImageTask], channels: int, grid: tuple[int, int]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.counts = [task.anchors for task in self.tasks]
        categorical = [task for task in self.tasks if isinstance(task, Categorical)]
        self.classes = _Classes(categorical) if categorical else None
        self.table = nn.Parameter(torch.randn(sum(self.counts), channels, *grid))

    def summed(self, labels: Labels, grid: tuple[int, int]) -> Tensor:
        """e^1 + ... + e^K of each image, [B, channels, *grid]: one matrix product, however many tasks there are."""
        own = self.weights(labels) @ self.table.flatten(1)
        return resize_maps(own.reshape(-1, *self.table.shape[1:]), grid)

    def stacked(self, labels: Labels, grid: tuple[int, int]) -> Tensor:
        """[e^1, ..., e^K] of each image, [B, K * channels, *grid]."""
        pairs = zip(
            torch.split(self.weights(labels), self.counts, 1), torch.split(self.table, self.counts), strict=True
        )
        own = [torch.einsum("bs,schw->bchw", chosen, maps) for chosen, maps in pairs]
        return resize_maps(torch.cat(own, dim=1), grid)

    def weights(self, labels: Labels) -> Tensor:
        """How much of every map each image gets, [B, sum C_k]; each task's columns sum to 1.

        A present label selects its class (a number, the mixture of the two maps that it lies between). A missing label
        gets the mean of the task's classes, which says nothing about the class; labels of tasks that are to stay
        learnable are hidden as missing ones (PAPER 10). Classes of all tasks are compared at once.
        """
        columns = {} if self.classes is None else self.classes.weights(labels)
        for task in self.tasks:
            if task.name not in columns:
                chosen = task.anchor_weights(labels[task.name])
                neutral = torch.full_like(chosen, 1 / task.anchors)
                columns[task.name] = torch.where(task.unlabelled(labels[task.name])[:, None], neutral, chosen)
        return torch.cat([columns[task.name] for task in self.tasks], dim=1)

    def by_task(self) -> list[Tensor]:
        """The maps as vectors, one [C_k, D] matrix a task: what the regularisers compare."""
        return list(torch.split(self.table.flatten(1), self.counts)) if self.counts else []


class _Classes(nn.Module):
    """Who carries which class, for all image-level tasks with classes at once."""

    owner: Tensor
    number: Tensor
    neutral: Tensor

    def __init__(self, tasks: Sequence[Categorical]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.counts = [len(task.classes) for task in tasks]
        numbers = [torch.arange(count) for count in self.counts]
        self.register_buffer(
            "owner", torch.cat([torch.full_like(n, k) for k, n in enumerate(numbers)]), persistent=False
        )
        self.register_buffer("number", torch.cat(numbers), persistent=False)
        self.register_buffer("neutral", torch.cat([torch.full(n.shape, 1 / len(n)) for n in numbers]), persistent=False)

    def weights(self, labels: Labels) -> dict[str, Tensor]:
        """{task: [B, C]}: 1 for an image's class; the same for all classes where the label is missing."""
        label = torch.stack([labels[task.name] for task in self.tasks], dim=1)[:, self.owner]
        chosen = torch.where(label == MISSING, self.neutral, (label == self.number).to(self.neutral))
        return dict(zip((task.name for task in self.tasks), torch.split(chosen, self.counts, dim=1), strict=True))


def resize_maps(maps: Tensor, grid: tuple[int, int]) -> Tensor:
    """Bilinear interpolation of [N, channels, h, w] to ``grid``; the identity where the grid stays."""
    if tuple(maps.shape[-2:]) == tuple(grid):
        return maps
    return F.interpolate(maps, grid, mode="bilinear", align_corners=False)
