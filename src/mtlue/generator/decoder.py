"""Decoders: image features and label maps at half size to an unbounded perturbation at full size."""

import torch
from torch import Tensor, nn


class PublishedDecoder(nn.Module):
    """Four transposed convolutions over the concatenation [z, e^1, ..., e^K] (PAPER 2).

    Args:
        image_channels: channels of z; 0 for the ablation without the image.
        label_channels: channels of one image-level task's map; 0 for the ablation without labels.
        tasks: number of image-level tasks.
        dense_channels: channels of all dense tasks' embeddings together; 0 without any.
        out_channels: channels of the image.
    """

    def __init__(
        self, image_channels: int, label_channels: int, tasks: int, dense_channels: int, out_channels: int
    ) -> None:
        super().__init__()
        self.label_channels = label_channels
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(image_channels + tasks * label_channels + dense_channels, 64, 4, 2, 1),
            nn.ConvTranspose2d(64, 64, 3, 1, 1),
            nn.InstanceNorm2d(64),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(64, 32, 3, 1, 1),
            nn.InstanceNorm2d(32),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(32, out_channels, 3, 1, 1),
        )

    def forward(
        self, features: Tensor | None, maps: Tensor | None, selection: Tensor | None, dense: Tensor | None
    ) -> Tensor:
        """Decode.

        Args:
            features: z, [B, image_channels, h, w]; None in the ablation.
            maps: every class's map, [sum C_k, label_channels, h, w]; None without image-level tasks.
            selection: who gets which, [B, K, sum C_k]; likewise.
            dense: embeddings of dense labels, [B, dense_channels, h, w]; None without dense tasks.

        Returns:
            [B, out_channels, 2h, 2w].
        """
        parts = [] if features is None else [features]
        if maps is not None and selection is not None:
            parts.append(torch.einsum("bks,schw->bkchw", selection, maps).flatten(1, 2))
        if dense is not None:
            parts.append(dense)
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

    def __init__(
        self, image_channels: int, label_channels: int, tasks: int, dense_channels: int, out_channels: int
    ) -> None:
        super().__init__()
        width = self.WIDTH
        self.from_image = nn.Conv2d(image_channels, width, 3, 1, 1) if image_channels else None
        self.from_labels = nn.Conv2d(label_channels, width, 3, 1, 1, bias=False) if label_channels and tasks else None
        self.from_dense = nn.Conv2d(dense_channels, width, 3, 1, 1, bias=False) if dense_channels else None
        self.layers = nn.Sequential(
            nn.InstanceNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, 1, 1),
            nn.InstanceNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, 4 * out_channels, 3, 1, 1),
            nn.PixelShuffle(2),
        )

    def forward(
        self, features: Tensor | None, maps: Tensor | None, selection: Tensor | None, dense: Tensor | None
    ) -> Tensor:
        """As :meth:`PublishedDecoder.forward`."""
        parts = []
        if self.from_labels is not None and maps is not None and selection is not None:
            parts.append(_label_contributions(self.from_labels(maps), selection))
        if self.from_dense is not None and dense is not None:
            parts.append(self.from_dense(dense))
        if self.from_image is not None and features is not None:
            parts.append(self.IMAGE_SHARE * self.from_image(features))
        outputs: Tensor = self.layers(sum(parts[1:], start=parts[0]))
        return outputs


def _label_contributions(contributions: Tensor, selection: Tensor) -> Tensor:
    """Every class's contribution [sum C_k, width, h, w] -> the sum of an image's own, [B, width, h, w]."""
    summed: Tensor = selection.sum(1) @ contributions.flatten(1)
    return summed.reshape(-1, *contributions.shape[1:])
