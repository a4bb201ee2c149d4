"""Embedded data: two real handwritten digits blended over each other on a patch of a real photo.

Digits come from scikit-learn's ``load_digits`` (8x8, scaled up smoothly; train and test use disjoint digit images),
patches from its ``load_sample_images``. Two tasks, ``left`` and ``right``, of ten classes each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits, load_sample_images
from torch import Tensor

from mtlue.data.embedded.numbered import Numbered
from mtlue.data.listing import TEST, TRAIN, Listing
from mtlue.data.options import DataOptions
from mtlue.data.transforms import Pipeline
from mtlue.rendering.draws import Draws
from mtlue.tasks import Categorical, Task

SIZE = 32
CROP = 28
COUNTS = {TRAIN: 4000, TEST: 1000}
CLASSES = tuple(str(digit) for digit in range(10))
TASKS = (Categorical("left", CLASSES), Categorical("right", CLASSES))

_GLYPH = 20
_TEST_GLYPHS = 360
"""Of 1,797 digit images the last 360 of a shuffled order appear in test images only."""
_CONTRAST = 0.40
_TOP_RANGE = (4, 8)
_LEFT_RANGES = ((0, 3), (9, 12))
"""Smallest and largest left edge of the left and the right digit: they overlap by at least 8 pixels."""


@dataclass(frozen=True)
class DigitImages:
    """images uint8 [N, 3, 32, 32]; labels int64 [N, 2]; masks float 0..1 [N, 2, 32, 32], one per digit."""

    images: Tensor
    labels: Tensor
    masks: Tensor


def render_digits(split: str, count: int, seed: int = 0, only: Sequence[int] | None = None) -> DigitImages:
    """Draw ``count`` images of a split, or ``only`` some of them.

    Image i depends on the split, the seed and i alone, not on the others.
    """
    draws = Draws(split, count, seed, only)
    glyphs, classes = _glyphs(split, seed)
    glyph_numbers = [draws.integers(f"digit {side}", len(glyphs)) for side in (0, 1)]
    masks = [_place(glyphs[glyph_numbers[side]], _LEFT_RANGES[side], draws, side) for side in (0, 1)]
    images = _blend(_photo_patches(draws), torch.stack(masks, dim=1))
    labels = torch.stack([classes[indices] for indices in glyph_numbers], dim=1)
    return DigitImages(images.mul(255).round().to(torch.uint8), labels, torch.stack(masks, dim=1))


def read_digits(options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The source ``digits``. Asking for more images than usual renders more, asking for fewer those alone."""
    wanted = Numbered.of(options, COUNTS)
    rendered = {
        split: render_digits(split, max(numbers) + 1, options.data_seed, numbers)
        for split, numbers in wanted.numbers.items()
    }
    labels = torch.cat([drawn.labels for drawn in rendered.values()])
    return Listing(
        tasks=TASKS,
        ids=wanted.ids,
        files=wanted.files,
        splits=wanted.splits,
        labels={task.name: labels[:, side] for side, task in enumerate(TASKS)},
        pipeline=Pipeline(size=(SIZE, SIZE), crop=(CROP, CROP), channels=3),
        pixels=torch.cat([drawn.images for drawn in rendered.values()]),
    )


@lru_cache(maxsize=4)
def _glyphs(split: str, seed: int) -> tuple[Tensor, Tensor]:
    """A split's digit images, float 0..1 [N, 20, 20], and their classes."""
    digits = load_digits()
    order = np.random.default_rng(seed).permutation(len(digits.target))
    taken = order[-_TEST_GLYPHS:] if split == TEST else order[:-_TEST_GLYPHS]
    small = torch.from_numpy(digits.images[taken]).float().div(16)[:, None]
    large = F.interpolate(small, (_GLYPH, _GLYPH), mode="bicubic", align_corners=False).clamp(0, 1)
    return large[:, 0], torch.from_numpy(digits.target[taken]).long()


def _place(glyphs: Tensor, lefts: tuple[int, int], draws: Draws, side: int) -> Tensor:
    tops = _TOP_RANGE[0] + draws.integers(f"top {side}", _TOP_RANGE[1] - _TOP_RANGE[0] + 1)
    offsets = lefts[0] + draws.integers(f"left {side}", lefts[1] - lefts[0] + 1)
    canvas = torch.zeros(len(glyphs), SIZE, SIZE)
    for mask, glyph, top, left in zip(canvas, glyphs, tops.tolist(), offsets.tolist(), strict=True):
        mask[top : top + _GLYPH, left : left + _GLYPH] = glyph
    return canvas


@lru_cache(maxsize=1)
def _photos() -> list[Tensor]:
    """uint8 [3, H, W] each, of one size."""
    return [torch.tensor(photo).permute(2, 0, 1).contiguous() for photo in load_sample_images().images]


def _photo_patches(draws: Draws) -> Tensor:
    photos = _photos()
    _, height, width = photos[0].shape
    patches = torch.empty(draws.count, 3, SIZE, SIZE, dtype=torch.uint8)
    places = (
        draws.integers("photo", len(photos)).tolist(),
        draws.integers("photo top", height - SIZE + 1).tolist(),
        draws.integers("photo left", width - SIZE + 1).tolist(),
    )
    for patch, which, top, left in zip(patches, *places, strict=True):
        patch.copy_(photos[which][:, top : top + SIZE, left : left + SIZE])
    return patches.float().div(255)


def _blend(photos: Tensor, masks: Tensor) -> Tensor:
    """Blend both digits towards white on dark patches, towards black on bright ones."""
    ink = (photos.mean(dim=(1, 2, 3)) < 0.5).float()[:, None, None, None]
    for side in (0, 1):
        alpha = (_CONTRAST * masks[:, side])[:, None]
        photos = photos * (1 - alpha) + ink * alpha
    return photos
