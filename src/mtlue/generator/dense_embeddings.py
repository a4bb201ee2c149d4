"""Embeddings of dense labels: a label map to feature maps at the decoder's grid (PAPER 5)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlue.data.dataset import Labels
from mtlue.tasks import DenseTask

_HIDDEN = 32


class DenseEmbeddings(nn.Module):
    """E^k for every dense task k: its label map -> feature maps at half its size (odd sides round up).

    Every 2x2 block of pixels becomes one place of four times the channels, so that nothing of the map's resolution is
    lost on the way to half size; two convolutions follow. Pixels without a label are 0 in every channel.

    Args:
        tasks: dense tasks.
        channels: feature maps of each.
    """

    def __init__(self, tasks: Sequence[DenseTask], channels: int) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.channels = channels * len(self.tasks)
        self.modules_by_task = nn.ModuleList(_embedding(task.planes, channels) for task in self.tasks)

    def forward(self, labels: Labels) -> Tensor:
        """{task: [B, H, W] or [B, 3, H, W]} -> [B, channels, ceil(H/2), ceil(W/2)], task after task."""
        pairs = zip(self.tasks, self.modules_by_task, strict=True)
        return torch.cat([module(_even(task.encoded(labels[task.name]))) for task, module in pairs], dim=1)


def _embedding(planes: int, channels: int) -> nn.Module:
    return nn.Sequential(
        nn.PixelUnshuffle(2),
        nn.Conv2d(4 * planes, _HIDDEN, 3, 1, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(_HIDDEN, channels, 3, 1, 1),
    )


def _even(maps: Tensor) -> Tensor:
    """Pad to even sides, with pixels that have no label."""
    return F.pad(maps, (0, maps.shape[-1] % 2, 0, maps.shape[-2] % 2))
