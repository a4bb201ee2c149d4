"""Orthogonal projection (Sandoval-Segura et al., NeurIPS 2023, "What Can We Learn from Unlearnable Datasets?")."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.batching import shuffled_steps
from mtlue.bounds import LEVELS, to_float
from mtlue.errors import check_least, check_most, check_positive
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.evaluation.countermeasures.flat import BATCH, FlatReader, anchors_of, flat_tasks
from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from mtlue.data import ArrayDataset, Batch
    from mtlue.evaluation.attacker import Attacker
    from mtlue.evaluation.dataset_shape import DatasetShape
    from mtlue.runtime import Runtime

_READ = 220
"""Operations that take as long as it does to read a number of an image from memory for a step."""
_PAPERS_PIXELS = 3 * 32 * 32
"""Numbers per image for which the paper's rate was chosen; more of them need a lower one."""


@dataclass(frozen=True)
class ProjectionSettings(Settings):
    """How the linear model is trained.

    Args:
        epochs: of SGD; the paper's are 20. The rate falls to a tenth after a half and after three quarters of them.
        min_steps: few images get more epochs, for at least so many steps: the paper's 20 epochs are 980.
        learning_rate: for images of 3x32x32, above 0; the paper's is 0.1. Larger images get a rate that is lower by as
            much as they have more pixels.
    """

    epochs: int = 20
    min_steps: int = 980
    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        check_least(self, epochs=1, min_steps=0)
        check_most(self, epochs=100_000, min_steps=10_000_000)
        check_positive(self, "learning_rate")


class OrthogonalProjection(Countermeasure):
    """Remove from every image what a linear model of its pixels goes by.

    Per task, a linear softmax model without a bias is trained on the images as they are, over the task's classes; a
    number is learned as places in its range, which are vectors like those of classes. Tasks with labels per pixel are
    left out. Images are projected onto the complement of all tasks' weight vectors.

    Two things differ from the paper. The models start at zero, not at random: directions in which nothing was learned
    would be noise in every image. And the training images' mean stays where it is, so that values hardly leave 0..255
    (those that do are clipped); for a learner that is one constant image added to all.

    Raises:
        InputError: (by :meth:`fit`) every task has labels per pixel.
    """

    Settings = ProjectionSettings
    settings: ProjectionSettings
    needs: ClassVar[Needs] = "compute"
    reference: ClassVar[str] = "Sandoval-Segura et al., NeurIPS 2023"

    _mean: Tensor
    _basis: Tensor

    def fit_work(self, size: DatasetShape) -> float:
        from mtlue.tasks import by_level

        tasks, pixels = by_level(size.tasks)[0], math.prod(size.shape)
        one = 6 * pixels * anchors_of(tasks) + _READ * pixels
        return one * size.train_images * self._epochs(size.train_images)

    def fit(self, attacker: Attacker) -> None:
        weights = self._linear_weights(attacker.training, attacker.runtime)
        self._mean = _mean(attacker.training)
        self._basis = basis(weights)

    def prepare(self, batch: Batch) -> Tensor:
        projected = self._mean + without(to_float(batch.images).flatten(1) - self._mean, self._basis)
        return (projected.clamp(0, 1) * LEVELS).round().byte().reshape(batch.images.shape)

    def _linear_weights(self, dataset: ArrayDataset, runtime: Runtime) -> Tensor:
        """Weight vectors of all tasks as columns, [C * H * W, anchors]."""
        import torch

        tasks, pixels = flat_tasks(dataset.tasks, "projection"), dataset.images.shape[1:].numel()
        linear = torch.nn.utils.skip_init(torch.nn.Linear, pixels, anchors_of(tasks), bias=False, device=runtime.device)
        torch.nn.init.zeros_(linear.weight)
        optimizer = torch.optim.SGD(linear.parameters(), self.settings.learning_rate * min(1, _PAPERS_PIXELS / pixels))
        reader, epochs = FlatReader(linear, tasks), self._epochs(len(dataset))
        reader.learn(dataset, optimizer, epochs, (0.5, 0.75), runtime, "linear model for projection")
        weights: Tensor = linear.weight.detach().T.cpu()
        return weights

    def _epochs(self, count: int) -> int:
        return max(self.settings.epochs, math.ceil(self.settings.min_steps / shuffled_steps(count, BATCH)))


def basis(vectors: Tensor) -> Tensor:
    """An orthonormal basis of the space that vectors span: columns, [D, K] -> [D, rank].

    The vectors of a softmax model that starts at zero sum to zero: the rank is below K.
    """
    import torch

    directions, lengths, _ = torch.linalg.svd(vectors, full_matrices=False)
    orthonormal: Tensor = directions[:, lengths > 1e-4 * lengths.amax()]
    return orthonormal


def without(images: Tensor, directions: Tensor) -> Tensor:
    """Images [B, D] without their parts along orthonormal directions [D, K]."""
    return images - images @ directions @ directions.T


def _mean(dataset: ArrayDataset) -> Tensor:
    """Of all images, float 0..1 [C * H * W]."""
    import torch

    sums = [to_float(batch.images).flatten(1).sum(0) for batch in dataset.batches(BATCH)]
    return torch.stack(sums).sum(0) / len(dataset)
