"""Decoders: image features and label maps at half size to an unbounded perturbation at full size."""

import torch
from torch import Tensor, nn


class PublishedDecoder(nn.Module):
    """Four transposed convolutions over the concatenation [z, e^1, ..., e^K] (PAPER 2).

    Args:
        image_channels: channels of z; 0 for the ablation without the image.
        label_channels: channels of one task's map; 0 for the ablation without labels.
        tasks: number of tasks K.
        out_channels: channels of the image.
    """

    def __init__(self, image_channels: int, label_channels: int, tasks: int, out_channels: int) -> None:
        super().__init__()
        self.label_channels = label_channels
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(image_channels + tasks * label_channels, 64, 4, 2, 1),
            nn.ConvTranspose2d(64, 64, 3, 1, 1),
            nn.InstanceNorm2d(64),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(64, 32, 3, 1, 1),
            nn.InstanceNorm2d(32),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(32, out_channels, 3, 1, 1),
        )

    def forward(self, features: Tensor | None, maps: Tensor, selection: Tensor) -> Tensor:
        """Decode.

        Args:
            features: z, [B, image_channels, h, w]; None in the ablation.
            maps: every class's map, [sum C_k, label_channels, h, w].
            selection: who gets which, [B, K, sum C_k].

        Returns:
            [B, out_channels, 2h, 2w].
        """
        parts = [] if features is None else [features]
        if self.label_channels:
            parts.append(torch.einsum("bks,schw->bkchw", selection, maps).flatten(1, 2))
        outputs: Tensor = self.layers(torch.cat(parts, dim=1))
        return outputs


class LightDecoder(nn.Module):
    """Works at half size and ends in a pixel shuffle; label maps go through a convolution once per class.

    The first layer is linear in [z, e^1, ..., e^K], so a class's contribution is the same for every image that
    carries it: sum_k C_k maps are convolved once a batch and summed for each image by one matrix product
    (PAPER 12), instead of a convolution over all tasks' channels for each image.
    """

    WIDTH = 48
    IMAGE_SHARE = 0.1
    """Scale of the image's part in the first layer. With 1, images of a class differ so much that learners of one task
    ignore a part of the perturbation; with 0 some tasks are protected less (``benchmarks/RESULTS.md``)."""

    def __init__(self, image_channels: int, label_channels: int, tasks: int, out_channels: int) -> None:
        super().__init__()
        width = self.WIDTH
        self.from_image = nn.Conv2d(image_channels, width, 3, 1, 1) if image_channels else None
        self.from_labels = nn.Conv2d(label_channels, width, 3, 1, 1, bias=False) if label_channels else None
        self.layers = nn.Sequential(
            nn.InstanceNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, 1, 1),
            nn.InstanceNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, 4 * out_channels, 3, 1, 1),
            nn.PixelShuffle(2),
        )

    def forward(self, features: Tensor | None, maps: Tensor, selection: Tensor) -> Tensor:
        """As :meth:`PublishedDecoder.forward`."""
        hidden = maps.new_zeros(()) if self.from_labels is None else self._label_contributions(maps, selection)
        if self.from_image is not None and features is not None:
            hidden = hidden + self.IMAGE_SHARE * self.from_image(features)
        outputs: Tensor = self.layers(hidden)
        return outputs

    def _label_contributions(self, maps: Tensor, selection: Tensor) -> Tensor:
        assert self.from_labels is not None
        contributions: Tensor = self.from_labels(maps)
        summed: Tensor = selection.sum(1) @ contributions.flatten(1)
        return summed.reshape(-1, *contributions.shape[1:])
