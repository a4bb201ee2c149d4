"""How far decoded files are from the clean images: what holds where a format loses pixels, so that epsilon does not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from mtlue.bounds import LEVELS

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Difference:
    """A sum over images, in whole numbers: in whatever order they come, it is the same.

    >>> import torch
    >>> clean = torch.full((3, 2, 2), 100, dtype=torch.uint8)
    >>> both = Difference.of(clean, clean + 4) + Difference.of(clean, clean)
    >>> both.largest, both.mean, round(both.psnr, 2)
    (4, 2.0, 39.1)

    Attributes:
        largest: absolute difference of a value (a channel of a pixel), in levels.
        absolute: sum of the absolute differences, in levels.
        squared: sum of their squares.
        values: that were compared.
    """

    largest: int = 0
    absolute: int = 0
    squared: int = 0
    values: int = 0

    @classmethod
    def of(cls, clean: Tensor, decoded: Tensor) -> Self:
        """Of one image, uint8 of one shape each."""
        counts = _counts(clean, decoded)
        return cls(
            largest=max((level for level, count in enumerate(counts) if count), default=0),
            absolute=sum(level * count for level, count in enumerate(counts)),
            squared=sum(level**2 * count for level, count in enumerate(counts)),
            values=sum(counts),
        )

    def __add__(self, other: Difference) -> Difference:
        return Difference(
            max(self.largest, other.largest),
            self.absolute + other.absolute,
            self.squared + other.squared,
            self.values + other.values,
        )

    @property
    def mean(self) -> float:
        """Of the absolute differences, in levels; 0 where nothing was compared."""
        return self.absolute / self.values if self.values else 0.0

    @property
    def psnr(self) -> float:
        """In dB, from the mean square over all values; infinite where nothing differs."""
        return 10 * math.log10(LEVELS**2 * self.values / self.squared) if self.squared else math.inf


def _counts(clean: Tensor, decoded: Tensor) -> list[int]:
    """How many values differ by 0, 1, 2 ... levels: an image of any size becomes a short list."""
    levels = (decoded.short() - clean.short()).abs().byte()
    counts: list[int] = levels.flatten().bincount().tolist()
    return counts


def resized_from(sources: Sequence[tuple[int, int]], size: tuple[int, int]) -> str:
    """Sizes (H, W) of the smallest and the largest source in words; "" where all have the released size, or none.

    >>> resized_from([(480, 640)], (64, 64)), resized_from([(64, 64)], (64, 64))
    ('640x480 pixels', '')
    """
    if set(sources) <= {size}:
        return ""
    return f"{' to '.join(f'{w}x{h}' for h, w in dict.fromkeys(sources))} pixels"


@dataclass(frozen=True)
class WrittenFiles:
    """What the image files of a release take up and keep.

    Attributes:
        bytes: of all of them together.
        source_bytes: of the files that they were made from; None where the images had none.
        source_sizes: (H, W) of the smallest and of the largest of those, by their pixels; none where they are not
            known, or released images have the sizes of their own.
        survival: share of the perturbation that the files keep; 1 where they are lossless.
        difference: from the clean images, as a reader decodes them; None where they are lossless: epsilon bounds it.
    """

    bytes: int
    source_bytes: int | None = None
    survival: float = 1.0
    difference: Difference | None = None
    source_sizes: tuple[tuple[int, int], ...] = ()

    def resized_from(self, size: tuple[int, int]) -> str:
        """The sizes of the sources in words, as width x height; "" where all have the released size (H, W), or none.

        >>> WrittenFiles(10, 20, source_sizes=((480, 640), (3000, 4000))).resized_from((64, 64))
        '640x480 to 4000x3000 pixels'
        """
        return resized_from(self.source_sizes, size)

    def to_json(self) -> dict[str, float | None]:
        """For the private folder; the largest change, of every format, goes beside it."""
        values = {"bytes": self.bytes, "source_bytes": self.source_bytes, "survival": self.survival}
        if self.difference is None:
            return values
        return {**values, "mean_change": self.difference.mean, "psnr": self.difference.psnr}
