"""UEraser: adversarial augmentation (Qin et al., 2023, "Learning the Unlearnable")."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from mtlue.bounds import LEVELS, to_float
from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.as_tested import as_tested
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.evaluation.countermeasures.plasma import plasma
from mtlue.evaluation.countermeasures.trivialaugment import TrivialAugment
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import Batch
    from mtlue.evaluation.attacker import Attacker
    from mtlue.models import MultiTaskModel

_ROUGHNESS = (0.3, 0.7)
_INTENSITY = (0.5, 1.0)
_QUALITY = (10, 100)
_PASSES = 3
"""Forward passes that cost what one forward-backward pass costs."""


@dataclass(frozen=True)
class UEraserSettings(Settings):
    """How hard it is made.

    Args:
        draws: augmentations of each image, of which the learner sees the one with the highest loss; the paper's are 5.
        share: of the epochs, the first ones, in which there are so many draws; there is one in all others. The paper's
            UEraser has 0.3 (60 of 200), its UEraser-lite 0 and its UEraser-max 1.
        probability: of plasma brightness, of plasma contrast and of a channel shuffle, each by itself; the paper's is
            0.5.
        jpeg: whether JPEG follows, its quality drawn evenly from 10 to 100 for each image, which the paper adds
            against TAP and AR.
    """

    draws: int = 5
    share: float = 0.3
    probability: float = 0.5
    jpeg: bool = False

    def __post_init__(self) -> None:
        check_least(self, draws=1, share=0, probability=0)
        check_most(self, draws=100, share=1, probability=1)


class UEraser(Countermeasure):
    """Fractal changes of brightness and contrast, shuffled channels and TrivialAugment, on every image by itself.

    Of several draws, the one with the highest sum of the tasks' losses is kept for each image; losses are those of the
    model as it is tested, in the paper's code as it is trained. Where a task has labels per pixel, no pixel is moved.
    """

    Settings = UEraserSettings
    settings: UEraserSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "Qin et al., 2023"

    _done: float = 0.0
    """Share of the epochs that are over."""

    @property
    def passes(self) -> int:
        """Forward passes alone choose among several draws."""
        return 0 if self.settings.draws == 1 else math.ceil(self.settings.share * self.settings.draws / _PASSES)

    def after_epoch(self, model: MultiTaskModel, epoch: int, epochs: int, attacker: Attacker) -> None:
        self._done = epoch / epochs

    @property
    def _draws(self) -> int:
        """Of each image, in this epoch."""
        return self.settings.draws if self._done < self.settings.share else 1

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
        import torch

        hardest = self._augmented(model, batch, generator)
        if self._draws == 1:
            return hardest
        with as_tested(model), torch.no_grad():
            highest = image_losses(model, hardest, batch)
            for _ in range(1, self._draws):
                views = self._augmented(model, batch, generator)
                losses = image_losses(model, views, batch)
                hardest = torch.where((losses > highest)[:, None, None, None], views, hardest)
                highest = losses.maximum(highest)
        return hardest

    def _augmented(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
        import torch

        views = batch.images
        for change in (brightened, contrasted, shuffled):
            chosen = _uniform(len(views), (0, 1), generator) < self.settings.probability
            views = torch.where(chosen[:, None, None, None], change(views, generator), views)
        views = TrivialAugment().disturb(model, replace(batch, images=views), generator)
        return compressed(views, generator) if self.settings.jpeg else views


def brightened(views: Tensor, generator: Generator) -> Tensor:
    """Plasma brightness: noise of -1..1 times an intensity per image is added; kornia's definition."""
    noise = 2 * plasma(_shape(views), _uniform(len(views), _ROUGHNESS, generator), generator) - 1
    return (views + noise * _uniform(len(views), _INTENSITY, generator)[:, None, None, None]).clamp(0, 1)


def contrasted(views: Tensor, generator: Generator) -> Tensor:
    """Plasma contrast: the distance from mid-grey is multiplied by noise of 0..4; kornia's definition."""
    factor = 4 * plasma(_shape(views), _uniform(len(views), _ROUGHNESS, generator), generator)
    return ((views - 0.5) * factor + 0.5).clamp(0, 1)


def shuffled(views: Tensor, generator: Generator) -> Tensor:
    """The channels of each image in a random order."""
    import torch

    order = torch.rand(views.shape[:2], generator=generator, device=views.device).argsort(1)
    return views.gather(1, order[:, :, None, None].expand_as(views))


def compressed(views: Tensor, generator: Generator) -> Tensor:
    """JPEG of a quality that is drawn for each image."""
    import torch

    from mtlue.evaluation.countermeasures.codec import recompressed
    from mtlue.evaluation.countermeasures.pixels import as_pixels

    low, high = _QUALITY
    qualities = torch.randint(low, high + 1, (len(views),), generator=generator, device=generator.device)
    levels = recompressed(as_pixels(LEVELS * views).cpu(), "JPEG", qualities.tolist())
    return to_float(levels.to(views.device))


def image_losses(model: MultiTaskModel, views: Tensor, batch: Batch) -> Tensor:
    """The sum of the tasks' losses of each image, [B]."""
    import torch

    from mtlue.tasks import Labels, task_losses

    def of_one(predictions: Labels, labels: Labels) -> Tensor:
        alone = ({name: value[None] for name, value in part.items()} for part in (predictions, labels))
        return task_losses(model.tasks, *alone).sum()

    losses: Tensor = torch.func.vmap(of_one)(model(views), dict(batch.labels))
    return losses


def _uniform(count: int, bounds: tuple[float, float], generator: Generator) -> Tensor:
    import torch

    low, high = bounds
    return low + (high - low) * torch.rand(count, generator=generator, device=generator.device)


def _shape(views: Tensor) -> tuple[int, int, int, int]:
    count, channels, height, width = views.shape
    return count, channels, height, width
