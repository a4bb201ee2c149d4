"""Countermeasures by name. Adding one: a file beside these, a row in ``COUNTERMEASURES`` and a row in its test."""

from mtlue.errors import InputError
from mtlue.evaluation.countermeasures.adversarial_training import AdversarialTraining
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.evaluation.countermeasures.bit_depth import BitDepth
from mtlue.evaluation.countermeasures.greyscale import Greyscale
from mtlue.evaluation.countermeasures.jpeg import Jpeg

NONE = "none"
COUNTERMEASURES: dict[str, Countermeasure] = {
    NONE: Countermeasure(),
    "jpeg10": Jpeg(10),
    "bits2": BitDepth(2),
    "grey": Greyscale(),
    "adversarial": AdversarialTraining(),
}


def countermeasure(name: str) -> Countermeasure:
    """A countermeasure by name.

    Raises:
        InputError: none is called so.
    """
    if name not in COUNTERMEASURES:
        raise InputError(f"unknown countermeasure '{name}': choose from {', '.join(COUNTERMEASURES)}")
    return COUNTERMEASURES[name]


__all__ = ["COUNTERMEASURES", "NONE", "Countermeasure", "countermeasure"]
