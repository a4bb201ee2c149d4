"""Countermeasures by name. Adding one: a file next to these, a row in ``COUNTERMEASURES`` and a row in its test."""

from typing import Any

from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.evaluation.learner import NO_COUNTERMEASURE as NONE
from mtlue.registry import Registry, Row

_HERE = "mtlue.evaluation.countermeasures"
COUNTERMEASURES: Registry[Countermeasure] = Registry(
    "countermeasure",
    "mtlue.countermeasures",
    {
        NONE: Row(f"{_HERE}.base:Countermeasure"),
        "jpeg": Row(f"{_HERE}.jpeg:Jpeg"),
        "bits": Row(f"{_HERE}.bit_depth:BitDepth"),
        "grey": Row(f"{_HERE}.greyscale:Greyscale"),
        "adversarial": Row(f"{_HERE}.adversarial_training:AdversarialTraining"),
    },
    short={"jpeg10": "jpeg:quality=10", "bits2": "bits:bits=2"},
)


def create(text: str) -> Countermeasure:
    """A fresh countermeasure, not fitted yet.

    >>> create("jpeg:quality=50").settings
    JpegSettings(quality=50)

    Args:
        text: its name, with settings where they are not the defaults: ``jpeg:quality=50``.

    Raises:
        InputError: an unknown name or setting.
    """
    choice = COUNTERMEASURES.choice(text)
    made: Any = COUNTERMEASURES.load(choice.name)(choice.settings)
    return made  # type: ignore[no-any-return]


__all__ = ["COUNTERMEASURES", "NONE", "Countermeasure", "create"]
