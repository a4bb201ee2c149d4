"""Attacks that train other networks, from random weights, with recipes that suit 32 to 64 pixels and a CPU."""

from mtlue.evaluation.attacks.attack import Attack
from mtlue.training.recipe import Recipe


def _recipe(learning_rate: float, min_steps: int, batch_size: int = 64) -> Recipe:
    return Recipe(
        epochs=10, learning_rate=learning_rate, batch_size=batch_size, schedule="onecycle", min_steps=min_steps
    )


_REFERENCE = "APBench (Qin et al., 2023)"
BACKBONES = (
    Attack(
        "resnet18",
        "trains a ResNet-18",
        18,
        learner={"backbone": "resnet18", "recipe": _recipe(2e-3, 200)},
        needs="compute",
        reference=_REFERENCE,
    ),
    Attack(
        "vit",
        "trains a narrow vision transformer",
        34,
        learner={"backbone": "vit_narrow", "recipe": _recipe(1e-3, 400)},
        needs="compute",
        reference=_REFERENCE,
    ),
    Attack(
        "two-layer",
        "trains two fully connected layers on the pixels",
        36,
        learner={"backbone": "two_layer", "recipe": _recipe(1e-3, 400)},
        needs="compute",
        reference="MI-UE (ICLR 2026)",
    ),
    Attack(
        "mobilenet",
        "trains a MobileNetV3",
        40,
        learner={"backbone": "mobilenetv3_small_050", "enlarge": 64, "recipe": _recipe(4e-3, 400, 32)},
        needs="compute",
        reference=_REFERENCE,
    ),
    Attack(
        "vgg16",
        "trains a VGG-16",
        52,
        learner={"backbone": "vgg16", "recipe": _recipe(1e-3, 150, 32)},
        needs="compute",
        reference=_REFERENCE,
    ),
)
