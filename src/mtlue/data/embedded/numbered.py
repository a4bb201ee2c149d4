"""Which images of an embedded dataset are drawn, and what they are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mtlue.data.listing import TEST, TRAIN
from mtlue.data.options import DataOptions
from mtlue.hashing import subset_by_hash
from mtlue.rendering.draws import drawn_count


@dataclass(frozen=True)
class Numbered:
    """Images of an embedded dataset by split and number.

    Args:
        numbers: split -> the numbers of its images that are wanted.
    """

    numbers: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, options: DataOptions, usual: Mapping[str, int]) -> "Numbered":
        """As ``options`` limit them: more than usual where more are asked for, and where fewer are, those alone.

        Args:
            options: with a limit for each split, or none.
            usual: split -> how many images it has without a limit.

        Raises:
            InputError: more than are drawn.
        """
        limits = {TRAIN: options.limit_train, TEST: options.limit_test}
        return cls(
            {split: _left(split, drawn_count(count, limits[split]), limits[split]) for split, count in usual.items()}
        )

    @property
    def ids(self) -> list[str]:
        """Of every image, split by split."""
        return [_identifier(split, number) for split, numbers in self.numbers.items() for number in numbers]

    @property
    def files(self) -> list[str]:
        """What every image would be called as a file."""
        return [f"{split}/{number:05d}.png" for split, numbers in self.numbers.items() for number in numbers]

    @property
    def splits(self) -> list[str]:
        """Of every image."""
        return [split for split, numbers in self.numbers.items() for _ in numbers]


@lru_cache(maxsize=8)
def _left(split: str, count: int, limit: int | None) -> Sequence[int]:
    """Numbers of a split's images that ``limit`` leaves."""
    return range(count) if limit is None else subset_by_hash([_identifier(split, i) for i in range(count)], limit)


def _identifier(split: str, number: int) -> str:
    return f"{split}-{number:05d}"
