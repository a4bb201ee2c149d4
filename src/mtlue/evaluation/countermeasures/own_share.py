"""Some of the clean images that an attacker has, chosen by the hash of their ids: fewer are among more."""

from __future__ import annotations

from typing import TYPE_CHECKING

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


def note_if_fewer(attacker: Attacker, images: ArrayDataset, count: int, purpose: str) -> None:
    """Tell that there are fewer clean images than are wanted."""
    if len(images) < count:
        attacker.runtime.progress.note(f"{purpose}: {len(images)} clean images of the attacker's own, not {count}")
