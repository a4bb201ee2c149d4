"""Some of the clean images that an attacker has, chosen by the hash of their ids: fewer are among more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from mtlue.errors import InputError
from mtlue.hashing import subset_by_hash

if TYPE_CHECKING:
    from mtlue.data import ArrayDataset
    from mtlue.evaluation.attacker import Attacker


def own_images(attacker: Attacker, count: int) -> ArrayDataset:
    """So many clean images of the attacker's own, or all of them where there are fewer.

    Args:
        attacker: who has them.
        count: how many are wanted.

    Raises:
        InputError: there are fewer than two.
    """
    held = attacker.own(2)
    return held.take(subset_by_hash(held.ids, count))


def own_besides(attacker: Attacker, trained: Collection[str]) -> Attacker:
    """The same attacker, of whose own clean images those are left out that a learner is trained on.

    Args:
        attacker: who has them.
        trained: ids of what learners are trained on.

    Raises:
        InputError: fewer than two are left, of two or more.
    """
    own = attacker.own(2)
    left = [position for position, identifier in enumerate(own.ids) if identifier not in trained]
    if len(left) < 2:
        raise InputError(
            f"of the attacker's {len(own)} own clean images {len(left)} are left to choose the epoch by, which takes 2 "
            "that learners are not trained on: train on fewer of them, say with dilution:share=0.01"
        )
    return attacker if len(left) == len(own) else replace(attacker, clean=own.take(left))


def note_if_fewer(attacker: Attacker, images: ArrayDataset, count: int, purpose: str) -> None:
    """Tell that there are fewer clean images than are wanted."""
    if len(images) < count:
        attacker.runtime.progress.note(f"{purpose}: {len(images)} clean images of the attacker's own, not {count}")
