"""The image that a fitted method made a released one from.

A perturbation depends on the clean image, which is what is looked for: protecting a guess shows how far off it is, the
guess is moved by that, and so on until protecting it gives the released image, or gets no closer. Of a value that was
released as 0 or 255 it is not known how far the perturbation went past that limit: it comes back within epsilon.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from mtlue.bounds import LEVELS, whole_levels
from mtlue.data import Batch, Pipeline
from mtlue.data.one_image import brought_to
from mtlue.protector import Protector

ROUNDS = 40
"""Guesses at most; a few are enough where a perturbation depends little on the image."""


def restored(protector: Protector, batch: Batch) -> tuple[Tensor, Tensor]:
    """The images that a fitted method made released ones from.

    Args:
        protector: fitted; the one that made the release.
        batch: released images and their labels and ids.

    Returns:
        Images, uint8 [B, C, H, W], and which of their values protecting them gives back as released.
    """

    def protect(guess: Tensor) -> Tensor:
        return protector.protect_batch(replace(batch, images=guess))

    bound = whole_levels(protector.epsilon)
    return _search(batch.images, _not_cut_off(batch.images, protect(batch.images), bound), protect, bound)


def restored_original(protector: Protector, one: Batch, released: Tensor, pipeline: Pipeline) -> tuple[Tensor, Tensor]:
    """The image that one of its own size (``--native``) was made from.

    Args:
        protector: fitted; the one that made the release.
        one: a batch of one, whose labels, as ``pipeline`` brings them to its size, and id count.
        released: uint8 [C, H, W].
        pipeline: the size, and the central crop, that the perturbation was found at.

    Returns:
        The image, uint8 [C, H, W], and which of its values protecting it gives back as released.
    """

    def protect(guess: Tensor) -> Tensor:
        working = replace(brought_to(replace(one, images=guess, labels={}), pipeline), labels=one.labels)
        return torch.stack(protector.protect_originals(working, list(guess), pipeline))

    image, given_back = _search(released[None], released[None], protect, whole_levels(protector.epsilon))
    return image[0], given_back[0]


def _not_cut_off(released: Tensor, again: Tensor, bound: int) -> Tensor:
    """A first guess at the clean images, from what protecting the released ones ``again`` gives.

    Where that cuts off a value that was not cut off in the release, it hides how far the perturbation goes: the guess
    is as far from the limit as the clean value can be, so that nothing is cut off there.
    """
    farther = torch.where(again == 0, bound, 0) - torch.where(again == LEVELS, bound, 0)
    return torch.where(again != released, released + farther, released).clamp(0, LEVELS).byte()


def _search(images: Tensor, start: Tensor, protect: Callable[[Tensor], Tensor], bound: int) -> tuple[Tensor, Tensor]:
    """Clean images, uint8 [B, C, H, W], and which of their values ``protect`` gives back as in ``images``.

    Args:
        images: as released.
        start: the first guess.
        protect: guesses -> what would be released of them.
        bound: of the perturbation, in levels.
    """
    released = images.short()
    low, high = (released - bound).clamp(min=0), (released + bound).clamp(max=LEVELS)
    guess = best = start
    wrong = torch.full((len(images),), math.inf)
    given_back = torch.zeros_like(released, dtype=torch.bool)
    for _ in range(ROUNDS):
        missing = released - protect(guess).short()
        count = (missing != 0).flatten(1).sum(1).float()
        closer = (count < wrong)[:, None, None, None]
        best, given_back = torch.where(closer, guess, best), torch.where(closer, missing == 0, given_back)
        if not bool(closer.any()) or not bool(count.any()):
            break
        wrong = torch.minimum(wrong, count)
        guess = (guess.short() + missing).maximum(low).minimum(high).byte()
    return best, given_back
