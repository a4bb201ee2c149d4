"""Embeddings of labels per pixel (method.md, "Labels per pixel"): label maps to maps at the decoder's grid."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlue.tasks import Embedding, Labels


class DenseEmbeddings(nn.Module):
    """E^k for every dense task k: its label map -> feature maps at the decoder's grid (sides round up).

    A pixel's label is a mixture of anchors (one per class; places in a range), and every block of r x r pixels becomes
    one place of r^2 times as many, so that nothing of the map's resolution is lost on the way. A convolution gives each
    anchor its pattern, with the variance of a class embedding. Pixels without a label add nothing.

    Args:
        tasks: dense tasks.
        channels: feature maps of each.
        reduction: r, how many times smaller than the image the grid is, each way.
    """

    def __init__(self, tasks: Sequence[Embedding], channels: int, reduction: int) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.reduction = reduction
        self.channels = channels * len(self.tasks)
        self.patterns = nn.ModuleList(
            nn.Sequential(
                nn.PixelUnshuffle(reduction), nn.Conv2d(reduction**2 * task.anchors, channels, 3, 1, 1, bias=False)
            )
            for task in self.tasks
        )
        for pattern in self.patterns:
            # 9 r^2 pixels reach a place, each with weights that sum to 1
            nn.init.normal_(pattern[1].weight, std=1 / (3 * reduction))  # type: ignore[index]

    def forward(self, labels: Labels) -> Tensor:
        """{task: [B, H, W] or [B, 3, H, W]} -> [B, channels, ceil(H/r), ceil(W/r)], task after task."""
        weights = [self._padded(task.anchor_weights(labels[task.name])) for task in self.tasks]
        pairs = zip(self.patterns, weights, strict=True)
        return torch.cat([pattern(weight) for pattern, weight in pairs], dim=1)

    def _padded(self, maps: Tensor) -> Tensor:
        """Whole blocks, with pixels that have no label."""
        return F.pad(maps, (0, -maps.shape[-1] % self.reduction, 0, -maps.shape[-2] % self.reduction))
