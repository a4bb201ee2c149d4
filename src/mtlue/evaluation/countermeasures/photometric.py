"""Augmentations of images whose pixels have labels: those that move no pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mtlue.tasks import Task

_MOVES_PIXELS = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate")


def labels_pixels(tasks: Sequence[Task]) -> bool:
    """Whether any task has labels per pixel, which do not move with an image."""
    from mtlue.tasks import by_level

    return bool(by_level(tasks)[1])


def fitting(kind: Any, tasks: Sequence[Task]) -> Any:
    """One of torchvision's automatic augmentations; where a task has labels per pixel, without what moves pixels.

    Args:
        kind: a class whose operations are the keys of ``_AUGMENTATION_SPACE``, as torchvision's own use it: there is
            no public way to choose among them.
    """
    if not labels_pixels(tasks):
        return kind
    kept = {name: draw for name, draw in kind._AUGMENTATION_SPACE.items() if name not in _MOVES_PIXELS}
    return type(kind.__name__, (kind,), {"_AUGMENTATION_SPACE": kept})
