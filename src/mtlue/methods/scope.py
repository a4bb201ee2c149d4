"""What of a dataset is protected: which tasks, and which share of the images
(method.md, "Countermeasures and partial protection"). Imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtlue.errors import InputError, param
from mtlue.registry.python_options import declare
from mtlue.suggestions import unknown

if TYPE_CHECKING:  # options speak of a scope before torch is imported
    from torch import Tensor

    from mtlue.data import ArrayDataset, Batch
    from mtlue.tasks import Task


@dataclass(frozen=True)
class Scope:
    """Which tasks stay learnable, and how many images are protected.

    Args:
        unprotected: tasks that stay learnable. No perturbation depends on their labels: the generator is given the mean
            of their classes' embeddings. While it is fitted, its loss keeps them
            learnable (:class:`mtlue.methods.objectives.Objective`); the other methods never see their labels.
        fraction: share of the images that are protected, 0..1, chosen by the keyed hash of their id; the others
            stay as they are.

    >>> from mtlue import Categorical
    >>> tasks = [Categorical("animal", ("cat", "dog")), Categorical("person", ("ann", "bob"))]
    >>> scope = Scope(unprotected=("animal",), fraction=0.5)
    >>> [task.name for task in scope.protected(tasks)]
    ['person']
    >>> scope.covers([f"photo {number}" for number in range(6)]).tolist()
    [False, True, True, True, False, False]
    """

    unprotected: tuple[str, ...] = ()
    fraction: float = 1.0

    def __post_init__(self) -> None:
        declare(self)
        if not 0 < self.fraction <= 1:
            raise InputError(f"{param('fraction')} {self.fraction:g} is out of range: give a share above 0, up to 1")

    def check(self, tasks: Sequence[Task]) -> None:
        """Refuse names that are not tasks, and a scope that protects no task.

        Raises:
            InputError: names the task.
        """
        self.check_names([task.name for task in tasks])

    def check_names(self, names: Sequence[str]) -> None:
        """As :meth:`check`, where only the names of tasks are known."""
        for name in self.unprotected:
            if name not in names:
                raise InputError(f"{param('unprotected')}: {unknown('task', name, names)}")
        if set(names) <= set(self.unprotected):
            raise InputError(f"{param('unprotected')} names every task: leave at least one to protect")

    def hide_in(self, dataset: ArrayDataset) -> ArrayDataset:
        """The dataset with the labels of unprotected tasks missing."""
        if not self.unprotected:
            return dataset
        count, (height, width) = len(dataset), dataset.images.shape[2:]
        hidden = {task.name: task.blank_labels(count, (height, width)) for task in self._hidden(dataset.tasks)}
        return replace(dataset, labels={**dataset.labels, **hidden})

    def hide(self, batch: Batch, tasks: Sequence[Task]) -> Batch:
        """The batch with the labels of unprotected tasks missing."""
        if not self.unprotected:
            return batch
        height, width = batch.images.shape[2:]
        hidden = {
            task.name: task.blank_labels(len(batch), (height, width)).to(batch.labels[task.name])
            for task in self._hidden(tasks)
        }
        return replace(batch, labels={**batch.labels, **hidden})

    def protected(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks that do not stay learnable."""
        return [task for task in tasks if task.name not in self.unprotected]

    def covers(self, ids: Sequence[str], key: str = "") -> Tensor:
        """Whether each image is protected, [B] bool.

        Args:
            ids: of the images.
            key: a secret, without which no one can tell which images they are; by default the ids alone decide.
        """
        import torch

        from mtlue.data.dataset import hash_fraction

        if self.fraction == 1:
            return torch.ones(len(ids), dtype=torch.bool)
        shares = [hash_fraction(identifier, "protected", key) for identifier in ids]
        return torch.tensor([share < self.fraction for share in shares], dtype=torch.bool)

    def _hidden(self, tasks: Sequence[Task]) -> list[Task]:
        return [task for task in tasks if task.name in self.unprotected]
