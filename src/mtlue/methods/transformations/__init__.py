"""What may be done to an image before a learner crops it, so that the perturbation survives it.

An expectation over transformations: crops and flips are the pipeline's; these change pixels alone, and gradients pass.
Imports nothing heavy. Adding one: a class in a file of its own, its settings, and a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mtlue.methods.transformations.settings import BlurSettings, ResizeSettings
from mtlue.registry import Registry, Row

if TYPE_CHECKING:
    from mtlue.methods.transformations.base import Transformation

TRANSFORMATIONS: Registry[Transformation] = Registry(
    "transformation",
    "mtlue.transformations",
    {
        "blur": Row("mtlue.methods.transformations.blur:Blur", BlurSettings),
        "resize": Row("mtlue.methods.transformations.resize:Resize", ResizeSettings),
    },
)
"""By name; ``blur:sigma=2`` sets one."""


def build_transformations(texts: Sequence[str]) -> tuple[Transformation, ...]:
    """The transformations that ``texts`` name, in their order.

    >>> [type(one).__name__ for one in build_transformations(["blur:sigma=2", "resize"])]
    ['Blur', 'Resize']

    Raises:
        InputError: an unknown name or setting, or a value out of its range.
    """
    choices = [TRANSFORMATIONS.choice(text) for text in texts]
    return tuple(TRANSFORMATIONS.load(choice.name)(choice.settings) for choice in choices)
