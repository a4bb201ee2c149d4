"""Self-supervised pretraining on the release, then a probe (SimCLR, Chen et al., ICML 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.registry import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

    from mtlue.evaluation.attacker import Attacker
    from mtlue.evaluation.dataset_shape import DatasetShape
    from mtlue.models import MultiTaskModel
    from mtlue.models.cost import Cost


_RATE = 1e-3
_PROJECTED = 128
_VIEW = 5e7
"""Operations that take as long as it does to augment one view on a CPU: about a millisecond, nearly of any size."""


@dataclass(frozen=True)
class SelfSupervisedSettings(Settings):
    """The pretraining.

    Args:
        epochs: passes over the training images; the papers' are 1,000.
        temperature: by which similarities are divided; the papers' is 0.5.
        strength: of the augmentation, 0..1: how much is cut away and colours are shifted; the papers' is 1.
        batch_size: images per step, each of which is seen twice; the papers' is 512.
    """

    epochs: int = 100
    temperature: float = 0.5
    strength: float = 1.0
    batch_size: int = 256

    def __post_init__(self) -> None:
        check_least(self, epochs=1, temperature=1e-3, strength=0, batch_size=2)
        check_most(self, epochs=100_000, temperature=1e3, strength=1, batch_size=2**20)


class SelfSupervised(Countermeasure):
    """Learn features from images without their labels, then the tasks on frozen features.

    A perturbation that ties labels to patterns has no labels to tie here: two augmented views of an image attract each
    other, all others repel (NT-Xent). Then the backbone stays as it is, batch statistics too, and the ordinary training
    trains the neck and the heads.
    """

    Settings = SelfSupervisedSettings
    settings: SelfSupervisedSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "Chen et al., ICML 2020; Wang et al., AUE, NeurIPS 2024"

    def learner_work(self, size: DatasetShape, cost: Cost, epochs: int) -> float:
        views = 2 * self.settings.epochs * size.train_images
        saved = epochs * size.train_images * (cost.training - cost.forward)  # the trunk is frozen afterwards
        return views * (cost.training + _VIEW) - saved

    def start(self, model: MultiTaskModel, attacker: Attacker) -> None:
        from mtlue.networks.contrast import Projected
        from mtlue.networks.fitting import descend

        runtime = attacker.runtime
        steps = self._steps(len(attacker.training))
        with runtime.isolated_randomness("self-supervised"):
            network = Projected(model, _PROJECTED).to(runtime.device)
            descend(network, self._views(attacker), self._loss, steps, _RATE, runtime, "self-supervised pretraining")
        model.freeze_trunk()

    def _steps(self, count: int) -> int:
        from mtlue.batching import shuffled_steps

        return self.settings.epochs * shuffled_steps(count, self.settings.batch_size)

    def _views(self, attacker: Attacker) -> Iterator[Tensor]:
        """Two views of each image of a batch, drawn for ever: uint8 [2B, C, h, w], first all first ones."""
        from mtlue.networks.contrast import Views

        images, order = attacker.training, attacker.runtime.generator("self-supervised", "order")
        size = attacker.pipeline.crop or (images.images.shape[2], images.images.shape[3])
        views = Views(size, self.settings.strength, attacker.pipeline.flip)
        while True:
            for batch in images.shuffled_batches(self.settings.batch_size, order):
                yield views(batch.images)

    def _loss(self, network: nn.Module, views: Tensor) -> Tensor:
        from mtlue.bounds import to_float
        from mtlue.networks.contrast import nt_xent

        return nt_xent(network(to_float(views)), self.settings.temperature)
