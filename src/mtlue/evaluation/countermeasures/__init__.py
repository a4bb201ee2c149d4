"""Countermeasures by name. Adding one: a file next to these, a row in ``COUNTERMEASURES`` and a row in its test."""

import re

from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.evaluation.countermeasures.chain import Chain
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
        "cutout": Row(f"{_HERE}.cutout:Cutout"),
        "cutmix": Row(f"{_HERE}.cutmix:CutMix"),
        "mixup": Row(f"{_HERE}.mixup:MixUp"),
        "randaugment": Row(f"{_HERE}.randaugment:RandAugment"),
        "trivialaugment": Row(f"{_HERE}.trivialaugment:TrivialAugment"),
        "contrastive": Row(f"{_HERE}.contrastive:Contrastive"),
        "ueraser": Row(f"{_HERE}.ueraser:UEraser"),
        "adversarial": Row(f"{_HERE}.adversarial_training:AdversarialTraining"),
        "feature-adversarial": Row(f"{_HERE}.feature_adversarial:FeatureAdversarialTraining"),
        "projection": Row(f"{_HERE}.projection:OrthogonalProjection"),
        "progressive": Row(f"{_HERE}.progressive:ProgressiveTraining"),
        "simple-net": Row(f"{_HERE}.simple_net:SimpleNetDenoising"),
    },
    short={
        "jpeg10": "jpeg:quality=10",
        "bits2": "bits:bits=2",
        "ueraser-max": "ueraser:draws=5",
        "adversarial2": "adversarial:epsilon=2,step=0.5",
        "adversarial4": "adversarial:epsilon=4,step=1",
        "feature-adversarial4": "feature-adversarial:epsilon=4,step=1",
    },
)


def create(text: str) -> Countermeasure:
    """A fresh countermeasure, not fitted yet.

    >>> create("jpeg:quality=50").settings
    JpegSettings(quality=50)

    Args:
        text: its name, with settings where they are not the defaults, or several, one after another:
            ``jpeg:quality=50``, ``grey+jpeg10``.

    Raises:
        InputError: an unknown name or setting.
    """
    made = [_made(part) for part in _parts(text)]
    return made[0] if len(made) == 1 else Chain(made)


def canonical(text: str) -> str:
    """The one text of a countermeasure and its settings, by which records and keys know it.

    >>> canonical("grey+jpeg:quality=10")
    'grey+jpeg10'

    Raises:
        InputError: an unknown name or setting.
    """
    return "+".join(COUNTERMEASURES.text(COUNTERMEASURES.choice(part)) for part in _parts(text))


def _parts(text: str) -> list[str]:
    return re.split(r"\+(?=[a-zA-Z])", text)


def _made(text: str) -> Countermeasure:
    choice = COUNTERMEASURES.choice(text)
    made: Countermeasure = COUNTERMEASURES.load(choice.name)(choice.settings)
    return made


__all__ = ["COUNTERMEASURES", "NONE", "Countermeasure", "canonical", "create"]
