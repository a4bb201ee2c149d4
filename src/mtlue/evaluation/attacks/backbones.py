"""Attacks that train other networks, from random weights, with recipes that suit 32 to 64 pixels and a CPU."""

from collections.abc import Mapping
from typing import Any

from mtlue.evaluation.attacks.attack import Attack
from mtlue.models.names import HIGHEST_RATES


def _recipe(learning_rate: float, min_steps: int) -> Mapping[str, Any]:
    """Small batches, so that few images are many steps; the rate suits the network and these batches."""
    steps = {"epochs": 10, "batch_size": 32, "min_steps": min_steps}
    return {**steps, "learning_rate": learning_rate, "schedule": "onecycle"}


_REFERENCE = "APBench (Qin et al., 2023)"
BACKBONES = (
    Attack(
        "resnet18",
        "trains a ResNet-18",
        18,
        learner={"backbone": "resnet18"},
        recipe=_recipe(2e-3, 200),
        needs="compute",
        reference=_REFERENCE,
    ),
    Attack(
        "vit",
        "trains a narrow vision transformer",
        34,
        learner={"backbone": "vit_narrow"},
        recipe=_recipe(HIGHEST_RATES["vit_narrow"], 400),
        needs="compute",
        reference=_REFERENCE,
    ),
    Attack(
        "two-layer",
        "trains two fully connected layers on the pixels",
        17,
        learner={"backbone": "two_layer"},
        recipe=_recipe(HIGHEST_RATES["two_layer"], 400),
        needs="compute",
        reference="MI-UE (ICLR 2026)",
    ),
    Attack(
        "mobilenet",
        "trains a MobileNetV3",
        40,
        learner={"backbone": "mobilenetv3_small_050", "enlarge": 64},
        recipe=_recipe(4e-3, 400),
        needs="compute",
        reference=_REFERENCE,
    ),
    Attack(
        "vgg16",
        "trains a VGG-16",
        52,
        learner={"backbone": "vgg16"},
        recipe=_recipe(1e-3, 150),
        needs="compute",
        reference=_REFERENCE,
    ),
)
