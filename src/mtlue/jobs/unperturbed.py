"""The image that a fitted method made a released one from.

A perturbation depends on the clean image, which is what is looked for: protecting a guess shows how far off it is, the
guess is moved by that, and so on until protecting it gives the released image, or gets no closer.
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
    return _search(batch.images, lambda guess: protector.protect_batch(replace(batch, images=guess)), protector.epsilon)


def restored_original(protector: Protector, one: Batch, released: Tensor, pipeline: Pipeline) -> tuple[Tensor, Tensor]:
    """The image that one of its own size (``--native``) was made from.

    Args:
        protector: fitted; the one that made the release.
        one: a batch of one, whose label and id count.
        released: uint8 [C, H, W].
        pipeline: the size, and the central crop, that the perturbation was found at.

    Returns:
        The image, uint8 [C, H, W], and which of its values protecting it gives back as released.
    """

    def protect(guess: Tensor) -> Tensor:
        working = brought_to(replace(one, images=guess), pipeline)
        return torch.stack(protector.protect_originals(working, list(guess), pipeline))

    image, given_back = _search(released[None], protect, protector.epsilon)
    return image[0], given_back[0]


def _search(images: Tensor, protect: Callable[[Tensor], Tensor], epsilon: float) -> tuple[Tensor, Tensor]:
    """Clean images, uint8 [B, C, H, W], and which of their values ``protect`` gives back as in ``images``."""
    bound, released = whole_levels(epsilon), images.short()
    low, high = (released - bound).clamp(min=0), (released + bound).clamp(max=LEVELS)
    guess = best = images
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
