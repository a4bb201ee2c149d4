"""Whether a label map reveals its image: published with the protected image, it would give the clean one away."""

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EXPLAINED = 0.9
"""Share of an image's variance from which its label map may be the image itself, resized by another rule."""
_FOLLOWED = 0.7
"""Share of neighbouring brighter and darker places that the map must tell as well: a mask says nothing within a class,
however well its classes divide a black shirt from a white wall."""
_TEXTURED = 16
"""Different values from which an image is not a drawing of flat areas."""
_LARGEST_BLOCK = 4
"""Pixels that are averaged along each side, as maps are resized by nearest neighbour and images are not."""
_WINDOW = 192
"""Pixels along each side that are compared."""
_BLOCKS = 8
"""Blocks along the shorter side, at least."""
_FEW_CLASSES = 16
"""Masks of fewer are compared pixel by pixel: averaged, those of a shirt on a white wall tell a small image too."""
_PIXELS_PER_CLASS = 16
"""With fewer, a mean per class would fit any image."""


class Disclosure(Enum):
    """How much a label map reveals of its image."""

    NOTHING = auto()
    DRAWING = auto()
    """All of it, but the image has few values: a single one may be a blank page or a drawing of its own mask."""
    IMAGE = auto()


def disclosure_of(image: NDArray[Any], label: NDArray[Any], classes: bool) -> Disclosure:
    """Compare a label map with its own image.

    Args:
        image: [C, H, W].
        label: [H, W], or [H, W, channels], of the same size.
        classes: whether its numbers are whole and stand for classes; else they are quantities.
    """
    image, label = _middle(image, (1, 2)), _middle(label, (0, 1))
    values = _numbered(label) if classes else label
    block = 1 if classes and values.max() < _FEW_CLASSES else _block(values)
    for plane in _planes(image):
        if _alike(_pooled(plane, block), _pooled(_guess(plane, values, classes), block)):
            return Disclosure.IMAGE if len(np.unique(plane)) >= _TEXTURED else Disclosure.DRAWING
    return Disclosure.NOTHING


def first_disclosing(results: Sequence[Disclosure]) -> int | None:
    """Position of the first label map that must not be published; drawings count where most maps disclose one."""
    images = [i for i, result in enumerate(results) if result is Disclosure.IMAGE]
    any_disclosure = [i for i, result in enumerate(results) if result is not Disclosure.NOTHING]
    return next(iter(images), any_disclosure[0] if 2 * len(any_disclosure) > len(results) else None)


def _planes(image: NDArray[Any]) -> Iterable[NDArray[Any]]:
    """Brightness and each colour: a grey copy tells the first, a copy of one channel another."""
    planes = image.astype(np.float32)
    return planes if len(planes) == 1 else _all_planes(planes)


def _all_planes(planes: NDArray[np.float32]) -> Iterator[NDArray[Any]]:
    yield planes[0] if len(planes) != 3 else np.tensordot(np.array([0.299, 0.587, 0.114], np.float32), planes, 1)
    yield from planes


def _middle(values: NDArray[Any], axes: tuple[int, int]) -> NDArray[Any]:
    """The window in the middle that is compared: what reveals an image reveals this part of it, in bounded time."""
    for axis in axes:
        start = max(0, values.shape[axis] - _WINDOW) // 2
        values = values.take(range(start, min(values.shape[axis], start + _WINDOW)), axis)
    return values


def _numbered(label: NDArray[Any]) -> NDArray[np.int64]:
    """The same classes by numbers from 0 without gaps, in their order."""
    whole = label.astype(np.int64) - int(label.min())
    return np.asarray(np.cumsum(np.bincount(whole.reshape(-1)) > 0)[whole] - 1)


def _block(values: NDArray[Any]) -> int:
    return max(1, min(_LARGEST_BLOCK, int(min(values.shape[:2])) // _BLOCKS))


def _guess(plane: NDArray[Any], values: NDArray[Any], classes: bool) -> NDArray[Any]:
    """The image that a label map best tells: a mean for each class, or a linear function of its numbers."""
    if classes and (int(values.max()) + 1) * _PIXELS_PER_CLASS <= plane.size:
        places = values.reshape(-1)
        return np.asarray((np.bincount(places, plane.reshape(-1)) / np.bincount(places))[values])
    numbers = np.nan_to_num(values.reshape(plane.size, -1).astype(np.float64), posinf=0, neginf=0)
    inputs = np.column_stack([np.ones(plane.size), numbers])
    weights = np.linalg.lstsq(inputs, plane.reshape(-1).astype(np.float64), rcond=None)[0]
    return np.asarray((inputs @ weights).reshape(plane.shape))


def _pooled(plane: NDArray[Any], block: int) -> NDArray[Any]:
    height, width = (side // block for side in plane.shape)
    cut = plane[: height * block, : width * block].astype(np.float64)
    return np.asarray(cut.reshape(height, block, width, block).mean((1, 3)))


def _alike(plane: NDArray[Any], guess: NDArray[Any]) -> bool:
    if min(plane.std(), guess.std()) < 1e-6:
        return False
    if np.corrcoef(plane.reshape(-1), guess.reshape(-1))[0, 1] ** 2 < _EXPLAINED:
        return False
    steps = np.concatenate([np.diff(plane, axis=axis).reshape(-1) for axis in (0, 1)])
    guessed_steps = np.concatenate([np.diff(guess, axis=axis).reshape(-1) for axis in (0, 1)])
    moving = np.abs(steps) > 1e-3
    followed = steps[moving] * guessed_steps[moving] > 1e-6
    return bool(moving.any()) and float(followed.mean()) >= _FOLLOWED
