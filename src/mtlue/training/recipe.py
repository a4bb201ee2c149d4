"""How a model is trained: epochs, rate, schedule. Imports nothing heavy, as options speak of recipes."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from mtlue.batching import shuffled_steps
from mtlue.faults import Faults
from mtlue.models.names import highest_rate

Schedule = Literal["multistep", "onecycle", "constant"]
MOST_EPOCHS = 1_000_000
MOST_STEPS = 100_000_000


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    >>> Recipe(epochs=2, batch_size=10, min_steps=50).for_images(100).epochs
    5

    Args:
        epochs: passes over the data, 1 to :data:`MOST_EPOCHS`.
        learning_rate: Adam's, above 0; the peak with ``onecycle``.
        weight_decay: Adam's L2 penalty, 0 or more.
        batch_size: images per step, 2 or more; several processes share them.
        schedule: ``multistep`` divides the rate by ten at ``milestones`` (shares of the epochs, as in the paper);
            ``onecycle`` warms up and anneals every step, which needs fewer epochs; ``constant`` leaves it alone.
        milestones: shares of the epochs, above 0 and below 2; one above 1 is never reached.
        clip_norm: gradient norm to clip at, above 0; None does not clip.
        min_steps: least steps of a training, up to :data:`MOST_STEPS`: few images get more epochs.

    Raises:
        InputError: names every number that is out of its range, or the schedule that there is not.
    """

    epochs: int = 60
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    batch_size: int = 128
    schedule: Schedule = "multistep"
    milestones: tuple[float, ...] = (0.6, 0.8)
    clip_norm: float | None = 5.0
    min_steps: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def __post_init__(self) -> None:
        faults = Faults()
        for name, is_possible, wanted in (
            ("epochs", 1 <= self.epochs <= MOST_EPOCHS, f"1 to {MOST_EPOCHS}"),
            ("learning_rate", 0 < self.learning_rate < math.inf, "a number above 0"),
            ("weight_decay", 0 <= self.weight_decay < math.inf, "a number, 0 or more"),
            ("batch_size", self.batch_size >= 2, "2 images or more"),
            ("schedule", self.schedule in get_args(Schedule), ", ".join(get_args(Schedule))),
            ("milestones", all(0 < share < 2 for share in self.milestones), "shares of the epochs, as in 0.6, 0.8"),
            ("clip_norm", self.clip_norm is None or 0 < self.clip_norm < math.inf, "a number above 0, or nothing"),
            ("min_steps", 0 <= self.min_steps <= MOST_STEPS, f"0 to {MOST_STEPS}"),
        ):
            if not is_possible:
                faults.add(f"a recipe's {name} {_shown(getattr(self, name))}: give {wanted}")
        faults.check()

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


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else f"{value}"


def shortened(count: int, share: float) -> int:
    """A share of epochs or steps, rounded up.

    >>> shortened(10, 1 / 3)
    4
    """
    return math.ceil(round(count * share, 6))  # 1 / 3 of 300 is 100
