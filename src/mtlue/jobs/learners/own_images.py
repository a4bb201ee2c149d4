"""Which clean images an attacker has of their own: a split that nobody else uses, or half of the test images, too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mtlue.data import ArrayDataset
from mtlue.data.listing import TEST, TRAIN
from mtlue.data.loading import Collection
from mtlue.errors import InputError, param
from mtlue.hashing import hash_fraction
from mtlue.tasks import by_level

_THEIRS = "the attacker's own clean images"
FEWEST = 4
"""Test images that can be divided: two for each side."""


@dataclass(frozen=True)
class Division:
    """Positions in the clean dataset.

    Attributes:
        own: of the attacker's own clean images.
        testing: of those that learners are tested on.
        note: a sentence on how many they are, and which.
    """

    own: list[int]
    testing: list[int]
    note: str


def divide(clean: Collection, released: Mapping[str, str], testing: Sequence[int], fewest: int = FEWEST) -> Division:
    """Give an attacker clean images of their own.

    They are those of splits besides train and test that the release does not hold, where these are at least half as
    many as the test images; else half of the test images besides, which no learner is then tested on.

    Args:
        clean: the dataset.
        released: id -> split of every released image.
        testing: positions of the clean test images.
        fewest: test images that are divided, at least.

    Raises:
        InputError: there are too few test images to divide.
    """
    spare = _spare(clean, released)
    if 2 * len(spare) >= len(testing):
        return Division(spare, list(testing), f"{_THEIRS}: {len(spare)} ({_splits(clean, spare)})")
    if len(testing) < fewest:
        raise InputError(
            f"dataset '{clean.name}' has {len(testing)} test images, and an attacker with clean images of their own "
            f"needs half of them: give at least {fewest} ({param('limit_test')}), or a split besides train and test "
            "that is at least half as large"
        )
    own = halved(clean.samples.take(testing))
    kept = [position for place, position in enumerate(testing) if place not in own]
    given = [testing[place] for place in sorted(own)]
    return Division([*spare, *given], kept, _both(clean, spare, len(given), len(testing)))


def _spare(clean: Collection, released: Mapping[str, str]) -> list[int]:
    """Positions of the images of splits besides train and test that the release does not hold."""
    return [
        position
        for position, (identifier, split) in enumerate(zip(clean.listing.ids, clean.splits, strict=True))
        if split not in (TRAIN, TEST) and identifier not in released
    ]


def _both(clean: Collection, spare: Sequence[int], given: int, testing: int) -> str:
    """The note where test images are given away."""
    why = f", and {len(spare)} ({_splits(clean, spare)}), too few alone" if spare else ""
    return f"{_THEIRS}: {given} of the {testing} test images{why}; learners are tested on the other {testing - given}"


def _splits(clean: Collection, positions: Sequence[int]) -> str:
    return f"split {', '.join(sorted({clean.splits[position] for position in positions}))}"


def halved(images: ArrayDataset) -> set[int]:
    """Positions of one half of some images, chosen by the hash of their ids; classes are halved as well as they can be.

    The rarest class of all tasks is dealt out first, each image to the half that has fewer of the class (iterative
    stratification, Sechidis et al., ECML PKDD 2011), so that a class of two or more images is hardly ever in one half
    alone.
    """
    order = sorted(range(len(images)), key=lambda i: (hash_fraction(images.ids[i], "own images"), images.ids[i]))
    sides = [0] * len(images)  # -1 and 1: one half and the other; 0: not dealt out yet
    whole = 0
    for members in [*_classes(images), order]:
        inside = sum(sides[place] for place in members)
        carried = set(members)
        for place in order:
            if sides[place] == 0 and place in carried:
                sides[place] = -1 if (inside or whole) >= 0 else 1
                inside, whole = inside + sides[place], whole + sides[place]
    return {place for place, side in enumerate(sides) if side < 0}


def _classes(images: ArrayDataset) -> list[list[int]]:
    """Positions of the images that carry each class, the rarest class first."""
    image_tasks, _ = by_level(images.tasks)
    classes = [of_class for task in image_tasks for of_class in task.members(images.labels[task.name][:]).values()]
    return sorted((of_class.nonzero()[:, 0].tolist() for of_class in classes), key=len)
