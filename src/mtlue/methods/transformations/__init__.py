"""What may be done to an image before a learner crops it, so that the perturbation survives it.

An expectation over transformations (EOT): crops and flips are the pipeline's; these change pixels alone, and gradients
pass.
Imports nothing heavy. Adding one: a class in a file of its own, its settings, and a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtlue.methods.transformations.settings import BitsSettings, BlurSettings, JpegSettings, ResizeSettings
from mtlue.registry import Registry, Row, Settings

if TYPE_CHECKING:
    from mtlue.methods.transformations.base import Transformation

TRANSFORMATIONS: Registry[Transformation] = Registry(
    "transformation",
    "mtlue.transformations",
    {
        "bits": Row("mtlue.methods.transformations.bits:Bits", BitsSettings),
        "blur": Row("mtlue.methods.transformations.blur:Blur", BlurSettings),
        "grey": Row("mtlue.methods.transformations.grey:Grey", Settings),
        "jpeg": Row("mtlue.methods.transformations.jpeg:Jpeg", JpegSettings),
        "resize": Row("mtlue.methods.transformations.resize:Resize", ResizeSettings),
    },
)
"""By name; ``blur:sigma=2`` sets one."""
JOINT = "+"
"""Between transformations that follow one another: ``grey+jpeg``."""


def check_chain(text: str) -> None:
    """Raise where ``text`` is no chain of transformations.

    Raises:
        InputError: an unknown name or setting, or a value out of its range.
    """
    for part in text.split(JOINT):
        TRANSFORMATIONS.choice(part)


def build_chain(text: str) -> tuple[Transformation, ...]:
    """The transformations that ``text`` names, in their order.

    >>> [type(one).__name__ for one in build_chain("grey+blur:sigma=2")]
    ['Grey', 'Blur']

    Raises:
        InputError: an unknown name or setting, or a value out of its range.
    """
    choices = [TRANSFORMATIONS.choice(part) for part in text.split(JOINT)]
    return tuple(TRANSFORMATIONS.load(choice.name)(choice.settings) for choice in choices)
