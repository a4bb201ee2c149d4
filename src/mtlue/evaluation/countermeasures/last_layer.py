"""Last-layer retraining: the features of a trained learner under new heads, learned from clean images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import check_least, check_most
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.registry import Settings

if TYPE_CHECKING:
    from mtlue.evaluation.attacker import Attacker
    from mtlue.evaluation.dataset_shape import DatasetShape
    from mtlue.models import MultiTaskModel
    from mtlue.models.cost import Cost
    from mtlue.training import Recipe


@dataclass(frozen=True)
class LastLayerSettings(Settings):
    """How the heads are trained.

    Args:
        images: clean images of the attacker's own, 2 or more; all of them where there are fewer. The paper's are 5,000.
        steps: of their training, 1 or more.
    """

    images: int = 5000
    steps: int = 200

    def __post_init__(self) -> None:
        check_least(self, images=2, steps=1)
        check_most(self, steps=1_000_000)


class LastLayer(Countermeasure):
    """After the training, start every head anew and train it on clean images; all that is below stays as it is.

    The paper fits logistic regressions; here each task is trained by its own loss, so that any kind of label is.
    """

    Settings = LastLayerSettings
    settings: LastLayerSettings
    needs: ClassVar[Needs] = "clean images"
    reference: ClassVar[str] = "Kirichenko et al., ICLR 2023; Sandoval-Segura et al., NeurIPS 2023"

    def wanted(self, attacker: Attacker) -> int:
        return self.settings.images

    def learner_work(self, size: DatasetShape, cost: Cost, epochs: int) -> float:
        images = min(self.settings.images, size.own_images)
        return cost.forward * images * self._recipe().for_images(images).epochs if images else 0.0

    def finish(self, model: MultiTaskModel, attacker: Attacker) -> None:
        from mtlue.training import train

        model.renew_heads()
        train(model, self.uses(attacker), attacker.pipeline, self._recipe(), attacker.runtime, "last layer")

    def _recipe(self) -> Recipe:
        from mtlue.training import Recipe

        return Recipe(epochs=1, learning_rate=1e-2, schedule="onecycle", min_steps=self.settings.steps)
