"""Attacks that start from the weights of another network: fine-tuning, its last stage, and a frozen linear probe.

The network is that of the extra 'pretrained'; an audit's own weights take its place in every attack
(:meth:`mtlue.evaluation.attacks.attack.Attack.with_weights`). Whether weights are at hand,
:func:`mtlue.evaluation.learners.plan.check_learner` says of an attack's learner.
"""

from collections.abc import Mapping
from typing import Any

from mtlue.evaluation.attacks.attack import Attack
from mtlue.models.names import PACKAGE
from mtlue.models.packaged import PACKAGED

NETWORK = next(iter(PACKAGED))
"""The backbone whose weights the extra 'pretrained' installs; titles name it, or the one that takes its place."""
SIDE = 96
"""Pixels that smaller images are enlarged to: at 32 a network for 224 has one place left of its deepest maps."""
_STEPS = {"batch_size": 32, "schedule": "onecycle"}
FINE = {**_STEPS, "epochs": 4, "learning_rate": 1e-3, "min_steps": 100}
"""The recipe of fine-tuning."""
PROBE = {**_STEPS, "epochs": 10, "learning_rate": 1e-2, "min_steps": 150}
"""The recipe of a linear probe."""


def starting(trainable: str) -> Mapping[str, Any]:
    """What changes of a learner that starts from the network's weights.

    Args:
        trainable: what is trained of it: all, last-stage or linear.
    """
    return {"backbone": NETWORK, "init": PACKAGE, "trainable": trainable, "enlarge": SIDE}


PRETRAINED = (
    Attack(
        "pretrained-probe",
        f"a linear probe on the frozen features of {NETWORK}, trained on other images",
        5,
        learner=starting("linear"),
        needs="compute",
        reference="BAIT (ICLR 2026)",
        recipe=PROBE,
    ),
    Attack(
        "pretrained-last-stage",
        f"the last stage of {NETWORK}, trained on other images before",
        14,
        learner=starting("last-stage"),
        needs="compute",
        recipe=FINE,
    ),
    Attack(
        "pretrained",
        f"all of {NETWORK}, trained on other images before",
        10,
        learner=starting("all"),
        needs="compute",
        reference="BAIT (ICLR 2026)",
        recipe=FINE,
    ),
)
