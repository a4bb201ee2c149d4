"""How a model is trained: epochs, rate, schedule. Imports nothing heavy, as options speak of recipes."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from mtlue.batching import shuffled_steps
from mtlue.errors import InputError
from mtlue.models.names import highest_rate

MOST_EPOCHS = 1_000_000


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    >>> Recipe(epochs=2, batch_size=10, min_steps=50).for_images(100).epochs
    5

    Args:
        epochs: passes over the data, 1 or more.
        learning_rate: Adam's, above 0; the peak with ``onecycle``.
        weight_decay: Adam's L2 penalty.
        batch_size: images per step, 2 or more; several processes share them.
        schedule: ``multistep`` divides the rate by ten at ``milestones`` (shares of the epochs, as in the paper);
            ``onecycle`` warms up and anneals every step, which needs fewer epochs; ``constant`` leaves it alone.
        milestones: shares of the epochs, 0..1.
        clip_norm: gradient norm to clip at; None does not clip.
        min_steps: least steps of a training: few images get more epochs.

    Raises:
        InputError: a number is out of its range.
    """

    epochs: int = 60
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    batch_size: int = 128
    schedule: Literal["multistep", "onecycle", "constant"] = "multistep"
    milestones: tuple[float, ...] = (0.6, 0.8)
    clip_norm: float | None = 5.0
    min_steps: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 2 or not self.learning_rate > 0:
            raise InputError(
                f"a recipe needs at least one epoch, batches of at least two images and a learning rate above 0, not "
                f"{self.epochs} epochs, batches of {self.batch_size} and a rate of {self.learning_rate:g}"
            )

    def with_epochs(self, epochs: int | None) -> "Recipe":
        """Exactly ``epochs``, however few steps they are; the recipe itself for None."""
        return self if epochs is None else replace(self, epochs=epochs, min_steps=0)

    def shortened(self, share: float) -> "Recipe":
        """A share of the epochs and of the least steps.

        >>> Recipe(epochs=12, min_steps=300).shortened(1 / 4).min_steps
        75

        Args:
            share: above 0, up to 1.
        """
        return replace(self, epochs=shortened(self.epochs, share), min_steps=shortened(self.min_steps, share))

    def for_backbone(self, name: str) -> "Recipe":
        """The recipe with a learning rate at which a backbone learns (:data:`mtlue.models.names.HIGHEST_RATES`).

        >>> Recipe(learning_rate=4e-3).for_backbone("vit_narrow").learning_rate
        0.001
        """
        return replace(self, learning_rate=min(self.learning_rate, highest_rate(name)))

    def for_images(self, count: int) -> "Recipe":
        """The recipe for ``count`` images: as many epochs as ``min_steps`` asks for."""
        return replace(self, epochs=max(self.epochs, math.ceil(self.min_steps / self.steps_per_epoch(count))))

    def steps_per_epoch(self, count: int) -> int:
        """Batches of an epoch of ``count`` images."""
        return shuffled_steps(count, self.batch_size)


def shortened(count: int, share: float) -> int:
    """A share of epochs or steps, rounded up.

    >>> shortened(10, 1 / 3)
    4
    """
    return math.ceil(round(count * share, 6))  # 1 / 3 of 300 is 100
