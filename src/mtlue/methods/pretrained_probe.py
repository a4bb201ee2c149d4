"""A second surrogate for those who learn from weights of their own: a linear probe on frozen, pretrained features.

Learners that start from a network which was trained on other images see much of what a perturbation against a network
from scratch leaves alone. TAP and SEP can mislead such features as well: this surrogate is their network, unchanged,
under one linear layer per task that learns the clean images (as BAIT, ICLR 2026, asks of protections).
"""

from collections.abc import Sequence

from mtlue.data import ArrayDataset, Pipeline
from mtlue.errors import InputError, param
from mtlue.methods.config import ResolvedSettings
from mtlue.models import MultiTaskModel
from mtlue.models.cost import learner_cost
from mtlue.models.names import LINEAR
from mtlue.runtime import Runtime
from mtlue.tasks import Task, by_level
from mtlue.training import Recipe, train

SIDE = 96
"""Pixels that smaller images are enlarged to, as the audit's pretrained learners enlarge theirs."""
RECIPE = Recipe(epochs=4, batch_size=32, learning_rate=1e-2, schedule="onecycle", min_steps=150)
SHARE = 0.5
"""Of the base loss that is the probe's; the other surrogates share the rest."""
_TITLE = "probe on pretrained features"
_INPUT_GRADIENT = 3
"""Times the operations of a forward pass that a gradient with respect to the image takes, about."""


def train_probe(
    config: ResolvedSettings, dataset: ArrayDataset, pipeline: Pipeline, runtime: Runtime
) -> tuple[MultiTaskModel, list[float]]:
    """The probe on clean images, frozen, and its loss, one number per epoch.

    Args:
        config: names the network and where its weights come from.
        dataset: what it learns; the labels of one per image.
        pipeline: the views that it sees.
        runtime: device, seed and progress.

    Raises:
        InputError: a task has labels per pixel, or the weights are not those of the network.
    """
    check_probed(dataset.tasks)
    images = dataset.images
    view = pipeline.crop or (images.shape[2], images.shape[3])
    with runtime.isolated_randomness(_TITLE):
        model = MultiTaskModel(
            *(config.pretrained_backbone, dataset.tasks, images.shape[1], view),
            init=config.pretrained,
            trainable=LINEAR,
            enlarge=SIDE,
        )
    history = train(model.to(runtime.device), dataset, pipeline, RECIPE, runtime, _TITLE)
    return model.requires_grad_(False).eval(), [epoch.loss for epoch in history]


def probe_work(config: ResolvedSettings, tasks: tuple[Task, ...], count: int, channels: int) -> tuple[float, float]:
    """Floating-point operations of training the probe on ``count`` images, and of its gradient at one view.

    Raises:
        InputError: as :func:`check_probed`.
    """
    check_probed(tasks)
    forward = learner_cost(config.pretrained_backbone, tasks, channels, (SIDE, SIDE), LINEAR).forward
    return forward * count * RECIPE.for_images(count).epochs, _INPUT_GRADIENT * forward


def loss_shares(config: ResolvedSettings, count: int) -> list[float] | None:
    """Of the base loss, for each of ``count`` surrogates, the probe being the last; None where all have the same."""
    return [*[(1 - SHARE) / (count - 1)] * (count - 1), SHARE] if config.probes else None


def check_probed(tasks: Sequence[Task]) -> None:
    """Refuse labels per pixel, which no linear layer on averaged features predicts.

    Raises:
        InputError: names the first such task.
    """
    _, dense = by_level(tasks)
    if dense:
        raise InputError(
            f"{param('pretrained')} is for tasks with one label per image, and task '{dense[0].name}' has labels per "
            "pixel: leave it out"
        )
