"""Attacks that start from the weights of another network: fine-tuning, its last stage, and a frozen linear probe."""

from collections.abc import Mapping
from typing import Any

from mtlue.evaluation.attacks.attack import Attack
from mtlue.models.names import PACKAGE
from mtlue.models.packaged import PACKAGED
from mtlue.training.recipe import Recipe

USUAL = next(iter(PACKAGED))
"""The backbone whose weights the extra 'pretrained' installs."""
SIDE = 96
"""Pixels that smaller images are enlarged to: at 32 a network for 224 has one place left of its deepest maps."""
_FINE = Recipe(epochs=4, learning_rate=1e-3, batch_size=32, schedule="onecycle", min_steps=100)
_PROBE = Recipe(epochs=10, learning_rate=1e-2, batch_size=32, schedule="onecycle", min_steps=150)


def pretrained(backbone: str = USUAL, init: str = PACKAGE) -> tuple[Attack, ...]:
    """The three attacks with the weights of a network.

    Whether the weights are at hand, :func:`mtlue.evaluation.plan.check_learner` says of the attack's learner.

    Args:
        backbone: any of timm's names.
        init: ``package``, ``timm``, or a file of its weights.
    """

    def learner(trainable: str, recipe: Recipe) -> Mapping[str, Any]:
        return {"backbone": backbone, "init": init, "trainable": trainable, "recipe": recipe, "enlarge": SIDE}

    return (
        Attack(
            "pretrained-probe",
            f"a linear probe on the frozen features of {backbone}, trained on other images",
            5,
            learner=learner("linear", _PROBE),
            needs="compute",
            reference="BAIT (ICLR 2026)",
        ),
        Attack(
            "pretrained-last-stage",
            f"the last stage of {backbone}, trained on other images before",
            14,
            learner=learner("last-stage", _FINE),
            needs="compute",
        ),
        Attack(
            "pretrained",
            f"all of {backbone}, trained on other images before",
            10,
            learner=learner("all", _FINE),
            needs="compute",
            reference="BAIT (ICLR 2026)",
        ),
    )


PRETRAINED = pretrained()
