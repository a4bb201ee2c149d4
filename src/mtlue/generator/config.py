"""What a generator is built from. Imports nothing heavy: settings speak of generators before torch is imported."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from mtlue.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mtlue.tasks import Task

StructureName = Literal["light", "published"]
Bounding = Literal["tanh", "standardised", "clamp"]


@dataclass(frozen=True)
class StructureDefaults:
    """What a structure implies.

    Attributes:
        bounding: without dense tasks.
        dense_bounding: with at least one dense task.
        base_grid: (h, w) that class maps are stored at; None for the decoder's grid.
        reduction: how many times smaller than the image the decoder's grid is, each way.
    """

    bounding: Bounding
    dense_bounding: Bounding
    base_grid: tuple[int, int] | None
    reduction: int

    def grid(self, size: tuple[int, int]) -> tuple[int, int]:
        """The decoder's grid for images of (H, W): each side divided by the reduction, rounded up."""
        height, width = (math.ceil(side / self.reduction) for side in size)
        return (height, width)


DEFAULTS: dict[str, StructureDefaults] = {
    "light": StructureDefaults("tanh", "standardised", (8, 8), 4),
    "published": StructureDefaults("clamp", "clamp", None, 2),
}


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
        chroma: share of the output's colour (its difference from the mean over channels) that is left before it is
            bounded: 1 for all, 0 for the same change in every channel. It does nothing to images of one channel.

    Raises:
        InputError: the parts contradict each other, or a name is unknown.
    """

    structure: StructureName = "light"
    bounding: Bounding | None = None
    embedding_channels: int = 16
    base_grid: tuple[int, int] | None = None
    use_labels: bool = True
    use_image: bool = True
    use_linear: bool = True
    chroma: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.chroma <= 1:
            raise InputError(f"chroma {self.chroma} should be 0 to 1")
        if self.structure not in DEFAULTS:
            raise InputError(f"unknown generator '{self.structure}': choose one of {', '.join(DEFAULTS)}")
        if not (self.use_labels or self.use_image):
            raise InputError("a generator without labels and without the image has no input: leave one of them in")
        if self.bounding is not None and self.bounding not in get_args(Bounding):
            raise InputError(f"unknown bounding '{self.bounding}': choose one of {', '.join(get_args(Bounding))}")
        if self.structure == "published" and not self.use_linear:
            raise InputError("the published generator has no linear path to leave out")

    @property
    def defaults(self) -> StructureDefaults:
        """What the structure implies."""
        return DEFAULTS[self.structure]

    def resolved(self, size: tuple[int, int], tasks: Sequence[Task] = ()) -> GeneratorConfig:
        """The same with the structure's defaults filled in, for images of ``size`` (H, W) and tasks."""
        bounded = self.bounded(tasks)
        return replace(bounded, base_grid=bounded.base_grid or self.defaults.grid(size))

    def bounded(self, tasks: Sequence[Task] = ()) -> GeneratorConfig:
        """The same with those defaults filled in that hold for images of any size."""
        bounding = self.bounding or (self.defaults.dense_bounding if _any_dense(tasks) else self.defaults.bounding)
        return replace(self, bounding=bounding, base_grid=self.base_grid or self.defaults.base_grid)


def _any_dense(tasks: Sequence[Task]) -> bool:
    if not tasks:
        return False
    from mtlue.tasks import by_level

    return bool(by_level(tasks)[1])
