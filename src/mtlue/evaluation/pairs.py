"""Pairs of images before and after protection, as somebody makes them who has this tool and images of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mtlue.errors import InputError
from mtlue.hashing import subset_by_hash

if TYPE_CHECKING:
    from mtlue.arrays.mapped_array import Images
    from mtlue.data import ArrayDataset
    from mtlue.evaluation.attacker import Attacker
    from mtlue.evaluation.dataset_shape import DatasetShape
    from mtlue.methods import MethodChoice
    from mtlue.runtime import Runtime

LEAST = 2


@dataclass(frozen=True)
class Pairs:
    """Images before and after protection.

    Attributes:
        clean: with labels and ids.
        protected: the same ids.
        key: of everything that decides them; the same pairs have the same one.
    """

    clean: ArrayDataset
    protected: ArrayDataset
    key: str


def make_pairs(attacker: Attacker, most: int) -> Pairs:
    """Protect an attacker's own images as the release names it, with the defaults and another secret.

    The method is fitted on exactly the images that it protects, so methods that find a perturbation for each image
    that they were fitted on, and for no other, give pairs as all others do. It protects the tasks that the release
    holds: those that are held out, whose labels the attacker brings along, are no part of what was released.

    With a folder of the attacker's the protected images are kept there: those who train on clean, noised and released
    images make the same pairs.

    Args:
        attacker: has ``clean`` and ``method``; the secret is derived from the runtime's seed, and is not the owner's.
        most: pairs; of more images, those are taken that any countermeasure takes that uses so many of the attacker's
            own (:func:`mtlue.evaluation.countermeasures.own_share.own_images`).

    Raises:
        InputError: there are no clean images, or the release names no method.
    """
    chosen, method, runtime = _chosen(attacker, most), _method(attacker), _runtime(attacker)
    from mtlue.evaluation.keys import experiment_key
    from mtlue.methods.surrogates import fingerprint

    tool = method.choices(chosen.tasks)
    key = experiment_key("pairs", fingerprint(chosen), tool, attacker.pipeline.to_json(), runtime.seed)
    return Pairs(chosen, chosen.with_images(_protected(attacker, chosen, method, runtime, key)), key)


def pairs_work(size: DatasetShape, most: int) -> float:
    """Operations of making at most so many pairs, roughly."""
    if size.method is None:
        return 0.0
    count, method = min(most, size.own_images), size.method.build(size.tasks)
    return method.estimated_flops(replace(size.fit, images=count, classes=size.own_classes)) if count else 0.0


def _chosen(attacker: Attacker, most: int) -> ArrayDataset:
    own = attacker.own(LEAST)
    own = own.restricted_to([task for task in own.tasks if task.name not in attacker.holdout])
    return own if len(own) <= most else own.take(subset_by_hash(own.ids, most))


def _method(attacker: Attacker) -> MethodChoice:
    if attacker.method is None:
        raise InputError(
            "pairs are made with the release's method, which is not installed here: install the package that adds it"
        )
    return attacker.method


def _runtime(attacker: Attacker) -> Runtime:
    runtime = attacker.runtime
    return runtime.replace(seed=runtime.seed_for("secret of the attacker's own"))


def _protected(attacker: Attacker, chosen: ArrayDataset, method: MethodChoice, runtime: Runtime, key: str) -> Images:
    import torch

    from mtlue.data.derived import at_once, read_images, write_images

    file = None if attacker.folder is None else attacker.folder / f"pairs-{key}.npy"
    shape = tuple(chosen.images.shape)
    if file is not None and file.is_file():
        return read_images(file, shape)
    perturber = method.build(chosen.tasks)
    perturber.fit(chosen, runtime, attacker.pipeline)
    batches = map(perturber.protect, chosen.batches(at_once(chosen)))
    return torch.cat(list(batches)) if file is None else write_images(batches, shape, file)
