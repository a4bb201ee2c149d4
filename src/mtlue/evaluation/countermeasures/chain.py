"""Several countermeasures, one after another: ``grey+jpeg10``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from mtlue.errors import InputError
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.evaluation.countermeasures.own_share import own_besides

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import ArrayDataset, Batch
    from mtlue.evaluation.attacker import Attacker
    from mtlue.evaluation.dataset_shape import DatasetShape
    from mtlue.models import MultiTaskModel
    from mtlue.models.cost import Cost
    from mtlue.training import Mixture


class Chain(Countermeasure):
    """Each part works on what the part before it gives. What a part learns, it learns from images as they are.

    Parts prepare training images up to the first one that disturbs each step. Those after it prepare the views of each
    step, of what it drew: in ``sharpen+low-pass`` images are sharpened at random, then filtered, at every step.

    Args:
        parts: two or more, in order; at most one may mix images.

    Raises:
        InputError: a part that learns to prepare whole images would get the views of a step.
    """

    def __init__(self, parts: Sequence[Countermeasure]) -> None:
        super().__init__()
        self._parts = tuple(parts)
        first = next((number for number, part in enumerate(parts) if part.disturbs), len(parts))
        self._once, self._stepwise = self._parts[:first], self._parts[first:]
        if any(part.learns and part.prepares for part in self._stepwise):
            raise InputError(
                "a countermeasure that learns from whole images cannot follow one that changes each step's views: "
                "put it first"
            )
        self.fits_once = all(part.fits_once or not part.learns for part in parts)  # type: ignore[misc]
        self.needs: Needs = max((part.needs for part in parts), key=get_args(Needs).index)  # type: ignore[misc]

    @property
    def needs_clean(self) -> bool:
        return any(part.needs_clean for part in self._parts)

    @property
    def passes(self) -> int:
        return sum(part.passes for part in self._parts)

    def fit_work(self, size: DatasetShape) -> float:
        return sum(part.fit_work(size) for part in self._parts)

    def learner_work(self, size: DatasetShape, cost: Cost, epochs: int) -> float:
        return sum(part.learner_work(size, cost, epochs) for part in self._parts)

    def fit(self, attacker: Attacker) -> None:
        for part in self._parts:
            part.fit(attacker)

    def gather(self, attacker: Attacker) -> ArrayDataset:
        for part in self._parts:
            attacker = replace(attacker, training=part.gather(attacker))
        return attacker.training

    def prepare(self, batch: Batch) -> Tensor:
        for part in self._once:
            batch = replace(batch, images=part.prepare(batch))
        return batch.images

    def prepare_test(self, batch: Batch) -> Tensor:
        for part in self._parts:
            batch = replace(batch, images=part.prepare_test(batch))
        return batch.images

    @property
    def prepares(self) -> bool:
        return any(part.prepares for part in self._once)

    def start(self, model: MultiTaskModel, attacker: Attacker) -> None:
        for part in self._parts:
            part.start(model, attacker)

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor | Mixture:
        from mtlue.training import Mixture

        mixed: Mixture | None = None
        for part in self._stepwise:
            batch = replace(batch, images=_prepared(part, batch))
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
        for part in sorted(self._parts, key=lambda part: not part.chooses_epoch):
            part.finish(model, attacker)

    def uses(self, attacker: Attacker) -> ArrayDataset:
        """All that its parts use; the epoch is chosen by images that learners are not trained on."""
        own, parts = attacker.own(2), [part for part in self._parts if part.needs_clean]
        used = {identifier for part in parts if part.gathers for identifier in part.uses(attacker).ids}
        besides = own_besides(attacker, used) if any(part.chooses_epoch for part in parts) else attacker
        for part in parts:
            used.update(part.uses(besides if part.chooses_epoch else attacker).ids)
        return own.take([row for row, identifier in enumerate(own.ids) if identifier in used]) if parts else own

    def wanted(self, attacker: Attacker) -> int | None:
        asked = [(part, part.wanted(attacker)) for part in self._parts if part.needs_clean]
        counts = [(part, count) for part, count in asked if count is not None]
        trained_on = max((count for part, count in counts if part.gathers), default=0)
        choosing = max((count for part, count in counts if part.chooses_epoch), default=0)
        return max(trained_on + choosing, *(count for _, count in counts)) if counts else None

    def _has(self, method: str) -> bool:
        return any(part._has(method) for part in self._parts)


def _prepared(part: Countermeasure, batch: Batch) -> Tensor:
    """The views of a step, prepared in whole levels on the CPU as images are."""
    from mtlue.bounds import LEVELS, to_float
    from mtlue.evaluation.countermeasures.pixels import as_pixels

    if not part.prepares:
        return batch.images
    levels = replace(batch, images=as_pixels(LEVELS * batch.images).cpu())
    return to_float(part.prepare(levels).to(batch.images.device))
