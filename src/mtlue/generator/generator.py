"""The generator: images and labels to a perturbation, delta = bound(D([E(x), e^1, ..., e^K])) (PAPER 2)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from mtlue.errors import InputError
from mtlue.generator.decoder import LightDecoder, PublishedDecoder
from mtlue.generator.dense_embeddings import DenseEmbeddings
from mtlue.generator.embeddings import ClassEmbeddings
from mtlue.generator.encoder import LightEncoder, PublishedEncoder
from mtlue.tasks import DenseTask, Labels, Task, by_level

Bounding = Literal["clamp", "tanh", "standardised"]


@dataclass(frozen=True)
class GeneratorConfig:
    """What a generator is built from.

    Args:
        structure: ``light`` (fast) or ``published`` (the paper's).
        bounding: ``standardised`` bounds smoothly, epsilon * tanh(3 * output) after each channel of an image was
            brought to mean 0 and variance 1; ``tanh`` is epsilon * tanh(5 * output); ``clamp`` cuts at epsilon. By
            default the structure's: ``clamp`` for published; for light ``tanh``, and ``standardised`` where a task is
            dense.
        embedding_channels: channels of a class's map, and of the embedding of a dense task's label.
        base_grid: (h, w) that class maps are stored at. By default the structure's: 8 x 8 for light, the decoder's
            grid for the images it is fitted on for published.
        use_labels: False for the ablation without label prior: the decoder sees z alone.
        use_image: False for the ablation without the image: the decoder sees the embeddings alone.
        use_linear: False for the ablation without the light decoder's linear path from labels to pixels.
    """

    structure: Literal["light", "published"] = "light"
    bounding: Bounding | None = None
    embedding_channels: int = 16
    base_grid: tuple[int, int] | None = None
    use_labels: bool = True
    use_image: bool = True
    use_linear: bool = True

    def __post_init__(self) -> None:
        if not (self.use_labels or self.use_image):
            raise InputError(
                "a generator without labels and without the image has nothing to see: leave one of them in"
            )
        if self.bounding is not None and self.bounding not in BOUNDS:
            raise InputError(f"unknown bounding '{self.bounding}': choose one of {', '.join(BOUNDS)}")
        if self.structure == "published" and not self.use_linear:
            raise InputError("the published generator has no linear path to leave out")

    def resolved(self, size: tuple[int, int], tasks: Sequence[Task] = ()) -> "GeneratorConfig":
        """The same with the structure's defaults filled in, for images of ``size`` (H, W) and tasks."""
        bounded = self.bounded(tasks)
        return replace(bounded, base_grid=bounded.base_grid or bounded.parts().grid(size))

    def bounded(self, tasks: Sequence[Task]) -> "GeneratorConfig":
        """The same with those defaults filled in that hold for images of any size."""
        structure = self.parts()
        dense = any(isinstance(task, DenseTask) for task in tasks)
        return replace(
            self,
            bounding=self.bounding or (structure.dense_bounding if dense else structure.bounding),
            base_grid=self.base_grid or structure.base_grid,
        )

    def parts(self) -> "Structure":
        """The structure's encoder, decoder and defaults."""
        if self.structure not in STRUCTURES:
            raise InputError(f"unknown generator '{self.structure}': choose one of {', '.join(STRUCTURES)}")
        return STRUCTURES[self.structure]


@dataclass(frozen=True)
class Structure:
    """A pair of encoder and decoder, and the defaults that go with it.

    Attributes:
        decoder: takes what :class:`PublishedDecoder` does; ``linear`` too where it has such a path.
        summed: whether it takes the sum of an image's class maps, or one after another.
        bounding, dense_bounding: without dense tasks, and with them.
        base_grid: None for the decoder's grid.
    """

    encoder: Callable[[int], Any]
    decoder: type[LightDecoder] | type[PublishedDecoder]
    summed: bool
    bounding: Bounding
    dense_bounding: Bounding
    base_grid: tuple[int, int] | None

    def grid(self, size: tuple[int, int]) -> tuple[int, int]:
        """The decoder's grid for images of (H, W): each side divided by its reduction, rounded up."""
        height, width = (math.ceil(side / self.decoder.REDUCTION) for side in size)
        return (height, width)


STRUCTURES: dict[str, Structure] = {
    "light": Structure(LightEncoder, LightDecoder, True, "tanh", "standardised", (8, 8)),
    "published": Structure(PublishedEncoder, PublishedDecoder, False, "clamp", "clamp", None),
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
        structure = config.parts()
        self.config = config
        self.tasks = tuple(tasks)
        self.in_channels = in_channels
        self.encoder = structure.encoder(in_channels) if config.use_image else None
        of_images, dense = by_level(tasks)
        of_pixels = dense if config.use_labels else ()
        self.embeddings = ClassEmbeddings(of_images, config.embedding_channels, config.base_grid)
        self.dense = (
            DenseEmbeddings(of_pixels, config.embedding_channels, structure.decoder.REDUCTION) if of_pixels else None
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
            delta, [B, C, H, W], |delta| <= epsilon.
        """
        height, width = images.shape[-2:]
        output: Tensor = self.decoder(
            self.encoder(images) if self.encoder is not None else None,
            self._maps(labels, self.config.parts().grid((height, width))),
            self.dense(labels) if self.dense is not None else None,
        )[..., :height, :width]
        assert self.config.bounding is not None
        return BOUNDS[self.config.bounding](output, epsilon)

    def _maps(self, labels: Labels, grid: tuple[int, int]) -> Tensor | None:
        """Maps of the images' classes as the decoder takes them."""
        if not (self.config.use_labels and self.embeddings.tasks):
            return None
        embed = self.embeddings.summed if self.config.parts().summed else self.embeddings.stacked
        return embed(labels, grid)


SHARPNESS = 5.0
"""Slope of the smooth bound at 0: most pixels reach epsilon, and each still has a gradient (PAPER 12)."""
STANDARDISED_SHARPNESS = 3.0
"""The same where the output has variance 1. No common shift can then push every pixel to the bound, where none has a
gradient left: generators of dense labels ended so, in one colour."""

BOUNDS: dict[Bounding, Callable[[Tensor, float], Tensor]] = {
    "clamp": lambda output, epsilon: output.clamp(-epsilon, epsilon),
    "tanh": lambda output, epsilon: epsilon * torch.tanh(SHARPNESS * output),
    "standardised": lambda output, epsilon: (
        epsilon * torch.tanh(STANDARDISED_SHARPNESS * nn.functional.instance_norm(output))
    ),
}
"""How an output [B, C, H, W] is held within epsilon."""
