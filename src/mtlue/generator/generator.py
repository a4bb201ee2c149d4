"""The generator: images and labels to a perturbation, delta = bound(D([E(x), e^1, ..., e^K])).

Source: method.md, "Generator".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mtlue.errors import InputError
from mtlue.generator.config import Bounding, GeneratorConfig, StructureName
from mtlue.generator.decoder import LightDecoder, PublishedDecoder
from mtlue.generator.dense_embeddings import DenseEmbeddings
from mtlue.generator.embeddings import ClassEmbeddings
from mtlue.generator.encoder import LightEncoder, PublishedEncoder
from mtlue.tasks import Labels, Task, by_level


@dataclass(frozen=True)
class Structure:
    """A pair of encoder and decoder; :data:`mtlue.generator.config.DEFAULTS` says what else goes with it.

    Attributes:
        encoder: takes the number of channels of an image.
        decoder: takes what :class:`PublishedDecoder` does; ``linear`` too where it has such a path.
        summed: whether it takes the sum of an image's class maps, or one after another.
    """

    encoder: Callable[[int], Any]
    decoder: type[LightDecoder] | type[PublishedDecoder]
    summed: bool


STRUCTURES: dict[StructureName, Structure] = {
    "light": Structure(LightEncoder, LightDecoder, True),
    "published": Structure(PublishedEncoder, PublishedDecoder, False),
}


class Generator(nn.Module):
    """E, embeddings (of classes for image-level tasks, of label maps for dense ones) and D.

    Args:
        config: the structure, resolved.
        tasks: of any kinds, in an order that a saved generator keeps.
        in_channels: 1 or 3.
    """

    def __init__(self, config: GeneratorConfig, tasks: Sequence[Task], in_channels: int) -> None:
        super().__init__()
        if config.bounding is None or config.base_grid is None:
            raise InputError("the generator's settings are not resolved yet: call resolved(size, tasks) first")
        structure = STRUCTURES[config.structure]
        self.config = config
        self.tasks = tuple(tasks)
        self.in_channels = in_channels
        self.encoder = structure.encoder(in_channels) if config.use_image else None
        of_images, dense = by_level(tasks)
        of_pixels = dense if config.use_labels else ()
        self.embeddings = ClassEmbeddings(of_images, config.embedding_channels, config.base_grid)
        self.dense = (
            DenseEmbeddings(of_pixels, config.embedding_channels, config.defaults.reduction) if of_pixels else None
        )
        maps = min(1, len(of_images)) if structure.summed else len(of_images)
        self.decoder = structure.decoder(
            self.encoder.channels if self.encoder is not None else 0,
            maps * config.embedding_channels if config.use_labels else 0,
            self.dense.channels if self.dense is not None else 0,
            in_channels,
            **({} if config.use_linear else {"linear": False}),
        )

    def forward(self, images: Tensor, labels: Labels, epsilon: float) -> Tensor:
        """The perturbation of a batch.

        Args:
            images: float 0..1, [B, C, H, W], any H and W from 8 up, odd or even.
            labels: {task: [B]}, or [B, ..., H, W] for dense tasks.
            epsilon: bound, 0..1.

        Returns:
            delta, [B, C, H, W], ``abs(delta) <= epsilon``.
        """
        height, width = images.shape[-2:]
        output: Tensor = self.decoder(
            self.encoder(images) if self.encoder is not None else None,
            self._maps(labels, self.config.defaults.grid((height, width))),
            self.dense(labels) if self.dense is not None else None,
        )[..., :height, :width]
        assert self.config.bounding is not None
        return BOUNDS[self.config.bounding](less_colourful(output, self.config.chroma), epsilon)

    def _maps(self, labels: Labels, grid: tuple[int, int]) -> Tensor | None:
        """Maps of the images' classes as the decoder takes them."""
        if not (self.config.use_labels and self.embeddings.tasks):
            return None
        embed = self.embeddings.summed if STRUCTURES[self.config.structure].summed else self.embeddings.stacked
        return embed(labels, grid)


def less_colourful(output: Tensor, chroma: float) -> Tensor:
    """An output [B, C, H, W] with a share 0 to 1 of its differences from the mean over channels.

    >>> less_colourful(torch.tensor([3.0, 0.0, 0.0]).reshape(1, 3, 1, 1), 0.5).flatten()
    tensor([2.0000, 0.5000, 0.5000])
    """
    if chroma == 1:
        return output
    grey = output.mean(1, keepdim=True)
    return grey + chroma * (output - grey)


SHARPNESS = 5.0
"""Slope of the smooth bound at 0: most pixels reach epsilon, and each still has a gradient (method.md, "Cost")."""
STANDARDISED_SHARPNESS = 3.0
"""The same where the output has variance 1. No common shift can then push every pixel to the bound, where none has a
gradient left: generators of dense labels ended that way, in one colour."""

BOUNDS: dict[Bounding, Callable[[Tensor, float], Tensor]] = {
    "clamp": lambda output, epsilon: output.clamp(-epsilon, epsilon),
    "tanh": lambda output, epsilon: epsilon * torch.tanh(SHARPNESS * output),
    "standardised": lambda output, epsilon: (
        epsilon * torch.tanh(STANDARDISED_SHARPNESS * nn.functional.instance_norm(output))
    ),
}
"""How an output [B, C, H, W] is held within epsilon."""
