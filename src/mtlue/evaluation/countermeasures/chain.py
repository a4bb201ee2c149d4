"""Several countermeasures, one after another: ``grey+jpeg10``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from mtlue.errors import InputError
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import ArrayDataset, Batch
    from mtlue.evaluation.attacker import Attacker
    from mtlue.models import MultiTaskModel
    from mtlue.training import Mixture


class Chain(Countermeasure):
    """Each part works on what the part before it gives. What a part learns, it learns from images as they are.

    Args:
        parts: two or more, in order; at most one may mix images.
    """

    def __init__(self, parts: Sequence[Countermeasure]) -> None:
        super().__init__()
        self._parts = tuple(parts)
        self.needs: Needs = max((part.needs for part in parts), key=get_args(Needs).index)  # type: ignore[misc]

    @property
    def needs_clean(self) -> bool:
        return any(part.needs_clean for part in self._parts)

    @property
    def passes(self) -> int:
        return sum(part.passes for part in self._parts)

    @property
    def trainings(self) -> float:
        return sum(part.trainings for part in self._parts)

    def fit(self, attacker: Attacker) -> None:
        for part in self._parts:
            part.fit(attacker)

    def gather(self, attacker: Attacker) -> ArrayDataset:
        for part in self._parts:
            attacker = replace(attacker, training=part.gather(attacker))
        return attacker.training

    def prepare(self, batch: Batch) -> Tensor:
        for part in self._parts:
            batch = replace(batch, images=part.prepare(batch))
        return batch.images

    def start(self, model: MultiTaskModel, attacker: Attacker) -> None:
        for part in self._parts:
            part.start(model, attacker)

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor | Mixture:
        from mtlue.training import Mixture

        mixed: Mixture | None = None
        for part in self._parts:
            seen = part.disturb(model, batch, generator)
            if isinstance(seen, Mixture):
                if mixed is not None:
                    raise InputError("two countermeasures that mix images cannot follow each other: give one of them")
                mixed, seen = seen, seen.images
            batch = replace(batch, images=seen)
        return batch.images if mixed is None else replace(mixed, images=batch.images)

    def after_epoch(self, model: MultiTaskModel, epoch: int, epochs: int, attacker: Attacker) -> None:
        for part in self._parts:
            part.after_epoch(model, epoch, epochs, attacker)

    def finish(self, model: MultiTaskModel, attacker: Attacker) -> None:
        for part in self._parts:
            part.finish(model, attacker)

    def uses(self, attacker: Attacker) -> ArrayDataset:
        used = [part.uses(attacker) for part in self._parts if part.needs_clean]
        return max(used, key=len, default=attacker.own(2))

    def wanted(self, attacker: Attacker) -> int | None:
        wanted = [part.wanted(attacker) for part in self._parts if part.needs_clean]
        return max((count for count in wanted if count is not None), default=None)

    def _has(self, method: str) -> bool:
        return any(part._has(method) for part in self._parts)
