"""Decoders: image features and label maps at half size to an unbounded perturbation at full size."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class PublishedDecoder(nn.Module):
    """Four transposed convolutions over the concatenation [z, e^1, ..., e^K] (PAPER 2).

    Args:
        image_channels: channels of z; 0 for the ablation without the image.
        label_channels: channels of one image-level task's map; 0 for the ablation without labels.
        counts: maps of each image-level task.
        dense_channels: channels of all dense tasks' embeddings together; 0 without any.
        out_channels: channels of the image.
    """

    def __init__(
        self, image_channels: int, label_channels: int, counts: Sequence[int], dense_channels: int, out_channels: int
    ) -> None:
        super().__init__()
        self.counts = list(counts)
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(image_channels + len(self.counts) * label_channels + dense_channels, 64, 4, 2, 1),
            nn.ConvTranspose2d(64, 64, 3, 1, 1),
            nn.InstanceNorm2d(64),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(64, 32, 3, 1, 1),
            nn.InstanceNorm2d(32),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(32, out_channels, 3, 1, 1),
        )

    def forward(
        self, features: Tensor | None, maps: Tensor | None, weights: Tensor | None, dense: Tensor | None
    ) -> Tensor:
        """Decode.

        Args:
            features: z, [B, image_channels, h, w]; None in the ablation.
            maps: every class's map, [sum C_k, label_channels, h, w]; None without image-level tasks.
            weights: how much of each an image gets, [B, sum C_k]; likewise.
            dense: embeddings of dense labels, [B, dense_channels, h, w]; None without dense tasks.

        Returns:
            [B, out_channels, 2h, 2w].
        """
        parts = [] if features is None else [features]
        if maps is not None and weights is not None:
            pairs = zip(torch.split(weights, self.counts, 1), torch.split(maps, self.counts), strict=True)
            parts += [torch.einsum("bs,schw->bchw", own, of_task) for own, of_task in pairs]
        if dense is not None:
            parts.append(dense)
        outputs: Tensor = self.layers(torch.cat(parts, dim=1))
        return outputs


class LightDecoder(nn.Module):
    """Works at half size and ends in a pixel shuffle; label maps go through a convolution once per class.

    The first layer is linear in [z, e^1, ..., e^K], so a class's contribution is the same for every image that
    carries it: sum_k C_k maps are convolved once a batch and summed for each image by one matrix product
    (PAPER 12), instead of a convolution over all tasks' channels for each image.

    Beside the layers, a linear path leads from the labels straight to the pixels: a class's own pattern is then the
    same in every image, whatever the other labels are; ``linear`` False leaves it out.
    """

    WIDTH = 48
    IMAGE_SHARE = 0.1
    """Scale of the image's part in the first layer. With 1, images of a class differ so much that learners of one task
    ignore a part of the perturbation; with 0 some tasks are protected less (``benchmarks/RESULTS.md``)."""

    def __init__(
        self,
        image_channels: int,
        label_channels: int,
        counts: Sequence[int],
        dense_channels: int,
        out_channels: int,
        linear: bool = True,
    ) -> None:
        super().__init__()
        width, pixels = self.WIDTH, 4 * out_channels
        labelled = bool(label_channels and counts)
        self.from_image = _convolution(image_channels, width, bias=True) if image_channels else None
        self.from_labels = _convolution(label_channels, width) if labelled else None
        self.from_dense = _convolution(dense_channels, width) if dense_channels else None
        self.labels_to_pixels = _convolution(label_channels, pixels) if labelled and linear else None
        self.dense_to_pixels = _convolution(dense_channels, pixels) if dense_channels and linear else None
        self.layers = nn.Sequential(
            nn.InstanceNorm2d(width),
            nn.ReLU(inplace=True),
            _convolution(width, width, bias=True),
            nn.InstanceNorm2d(width),
            nn.ReLU(inplace=True),
            _convolution(width, pixels, bias=True),
        )
        self.shuffle = nn.PixelShuffle(2)

    def forward(
        self, features: Tensor | None, maps: Tensor | None, weights: Tensor | None, dense: Tensor | None
    ) -> Tensor:
        """As :meth:`PublishedDecoder.forward`."""
        hidden = _labels_part(self.from_labels, self.from_dense, maps, weights, dense)
        if self.from_image is not None and features is not None:
            hidden = hidden + self.IMAGE_SHARE * self.from_image(features)
        straight = _labels_part(self.labels_to_pixels, self.dense_to_pixels, maps, weights, dense)
        pixels: Tensor = self.shuffle(self.layers(hidden) + straight)
        return pixels


def _convolution(width: int, next_width: int, bias: bool = False) -> nn.Conv2d:
    return nn.Conv2d(width, next_width, 3, 1, 1, bias=bias)


def _labels_part(
    of_classes: nn.Module | None,
    of_pixels: nn.Module | None,
    maps: Tensor | None,
    weights: Tensor | None,
    dense: Tensor | None,
) -> Tensor | float:
    """What the labels add to a layer that is linear in them: [B, width, h, w], or 0 without labels."""
    part: Tensor | float = 0.0
    if of_classes is not None and maps is not None and weights is not None:
        part = _label_contributions(of_classes(maps), weights)
    if of_pixels is not None and dense is not None:
        part = part + of_pixels(dense)
    return part


def _label_contributions(contributions: Tensor, weights: Tensor) -> Tensor:
    """Every class's contribution [sum C_k, width, h, w] -> the sum of an image's own, [B, width, h, w]."""
    summed: Tensor = weights @ contributions.flatten(1)
    return summed.reshape(-1, *contributions.shape[1:])
