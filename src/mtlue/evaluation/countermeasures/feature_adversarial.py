"""Adversarial training without labels: features are driven away from those of the image itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from mtlue.evaluation.countermeasures.as_tested import as_tested
from mtlue.evaluation.countermeasures.ball import BallSettings, climbed
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import Batch
    from mtlue.models import MultiTaskModel

Distance = Literal["cosine", "l2"]


@dataclass(frozen=True)
class FeatureAdversarialSettings(BallSettings):
    """The attack inside each training step.

    Args:
        distance: of features: cosine (one minus the cosine of their angle) or l2 (the square of their distance).
    """

    distance: Distance = "cosine"


class FeatureAdversarialTraining(Countermeasure):
    """Train on images within a ball whose features are far from those of the image itself.

    No label is used: tasks whose labels the perturbation was made for, and others, are treated alike. The idea is that
    of the authors of MTL-UE (their public code, configurations of December 2025); its figures are not published.
    """

    Settings = FeatureAdversarialSettings
    settings: FeatureAdversarialSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "MTL-UE's public code, 2025"

    @property
    def passes(self) -> int:
        """The features of the image itself cost a forward pass besides, which is not counted."""
        return self.settings.steps

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
        import torch

        with as_tested(model):
            with torch.no_grad():
                own = model.features(batch.images)
            return climbed(
                batch.images,
                lambda views: feature_distance(model.features(views), own, self.settings.distance).sum(),
                self.settings,
                generator,
            )


def feature_distance(first: Tensor, second: Tensor, distance: Distance) -> Tensor:
    """Distances of features, [B, F] each -> [B]."""
    from torch.nn.functional import cosine_similarity

    if distance == "cosine":
        return 1 - cosine_similarity(first, second, dim=1)
    return (first - second).square().sum(1)
