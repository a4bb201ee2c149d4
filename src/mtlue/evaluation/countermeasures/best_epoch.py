"""The weights of a learner's best epoch: by a few clean images, or by an oracle (Sandoval-Segura et al., 2022)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import InputError, check_least
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.evaluation.countermeasures.own_share import own_besides
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import ArrayDataset
    from mtlue.evaluation.attacker import Attacker
    from mtlue.evaluation.dataset_shape import DatasetShape
    from mtlue.models import MultiTaskModel
    from mtlue.models.cost import Cost
    from mtlue.tasks import Scores

_REFERENCE = "Sandoval-Segura et al., 2022 (arXiv 2204.08615)"


class BestEpoch(Countermeasure, ABC):
    """Keeps the weights of the epoch that does best on some images, the first of equal ones.

    An epoch's score is the mean over the learner's tasks of the headline metric, each scaled by
    :func:`mtlue.evaluation.countermeasures.validation.validation_score`.
    """

    chooses_epoch: ClassVar[bool] = True
    reference: ClassVar[str] = _REFERENCE

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__(settings)
        self._best = -inf
        self._trivial: dict[str, Scores] = {}
        self._weights: dict[str, Tensor] = {}

    @abstractmethod
    def validation(self, attacker: Attacker) -> ArrayDataset:
        """The images by which the epoch is chosen, with the learner's tasks."""

    @abstractmethod
    def validated(self, size: DatasetShape) -> int:
        """How many images :meth:`validation` has, for estimates of time."""

    def learner_work(self, size: DatasetShape, cost: Cost, epochs: int) -> float:
        return cost.forward * self.validated(size) * epochs

    def after_epoch(self, model: MultiTaskModel, epoch: int, epochs: int, attacker: Attacker) -> None:
        from mtlue.evaluation.countermeasures.validation import trivial_scores, validation_score

        images = self.validation(attacker)
        self._trivial = self._trivial or trivial_scores(images, attacker)
        score = validation_score(model, images, self._trivial, attacker)
        if score > self._best or not self._weights:
            self._best = score
            self._weights = {name: value.detach().clone() for name, value in model.state_dict().items()}

    def finish(self, model: MultiTaskModel, attacker: Attacker) -> None:
        if self._weights:
            model.load_state_dict(self._weights)


@dataclass(frozen=True)
class EarlyStoppingSettings(Settings):
    """The validation set.

    Args:
        images: clean images of the attacker's own, 2 or more; all of them where there are fewer.
    """

    images: int = 100

    def __post_init__(self) -> None:
        check_least(self, images=2)


class EarlyStopping(BestEpoch):
    """The best epoch by a small validation set of clean images, which learners are not trained on.

    In a chain that trains on some of the attacker's own images (``dilution``), it is chosen by others of them.

    Raises:
        InputError: (by :meth:`start`) fewer than two others are left.
    """

    Settings = EarlyStoppingSettings
    settings: EarlyStoppingSettings
    needs: ClassVar[Needs] = "clean images"

    def start(self, model: MultiTaskModel, attacker: Attacker) -> None:
        self.validation(attacker)  # not after an epoch's training

    def validation(self, attacker: Attacker) -> ArrayDataset:
        return self.uses(own_besides(attacker, frozenset(attacker.training.ids)))

    def validated(self, size: DatasetShape) -> int:
        return min(self.settings.images, size.own_images)

    def wanted(self, attacker: Attacker) -> int:
        return self.settings.images


class Peak(BestEpoch):
    """The best epoch by the clean test images themselves: an oracle that nobody has, for an upper bound.

    A multi-task learner has one best epoch, by the mean over its tasks; a single-task learner has its own.
    """

    needs: ClassVar[Needs] = "compute"

    def validation(self, attacker: Attacker) -> ArrayDataset:
        if attacker.test is None:
            raise InputError("the peak over epochs is an oracle's: it needs the clean test images")
        return attacker.test

    def validated(self, size: DatasetShape) -> int:
        return size.test_images
