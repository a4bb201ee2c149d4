"""Names of backbones that are known without timm: our own and the paper's. Imports nothing heavy."""

import math

OWN = ("tiny", "vit_narrow", "two_layer")
"""Built in this package."""
WITHOUT_MAPS = frozenset({"two_layer"})
"""Backbones that no task with a label per pixel can be learned with."""
SHORT_NAMES = {
    "resnet18": "resnet18",
    "resnet50": "resnet50",
    "vgg16": "vgg16_bn",
    "densenet121": "densenet121",
    "vit_b": "vit_base_patch16_224",
}
"""The paper's five, by timm's names (method.md, "Learners and weightings"). Every other name is timm's too."""
HIGHEST_RATES = {"vit_narrow": 1e-3, "two_layer": 1e-3, "vit_b": 1e-3}
"""The highest learning rate (Adam's peak) of backbones that do not learn at the usual recipe's 0.004."""
RANDOM, TIMM, PACKAGE = "random", "timm", "package"
"""Where a backbone's weights start: besides these (``package``: :mod:`mtlue.models.packaged`), in a file."""
LINEAR = "linear"
"""A linear probe: nothing is trained but one linear layer per task."""
TRAINABLE = ("all", "head", LINEAR, "last-stage")
"""Which parts of a model are trained."""


def highest_rate(name: str) -> float:
    """:data:`HIGHEST_RATES` of a backbone by any of its names; infinite for others.

    >>> highest_rate("vit_base_patch16_224.augreg_in1k"), highest_rate("resnet18")
    (0.001, inf)
    """
    architecture = _architecture(name)
    return next((rate for known, rate in HIGHEST_RATES.items() if _architecture(known) == architecture), math.inf)


def _architecture(name: str) -> str:
    return SHORT_NAMES.get(name, name).partition(".")[0]  # after the dot: which of its weights
