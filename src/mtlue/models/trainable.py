"""What of a model is trained: all of it, what comes after its trunk, or the last stage of its trunk too."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import timm
import torch
from timm.models import group_parameters
from torch import nn

from mtlue.errors import InputError, param
from mtlue.models.backbones import NARROW_VIT, NARROW_VIT_BASE, TinyResNet
from mtlue.models.names import LINEAR, WITHOUT_MAPS
from mtlue.models.timm_names import timm_name
from mtlue.tasks import Task, by_level

_WRAPPERS = ("module.", "network.", "model.")
"""What names begin with inside :class:`Enlarged`, :class:`TimmPyramid`, and timm's own."""
SHARE = 0.05
"""Of a trunk's parameters: a last stage has at least so many (a final normalisation alone does not count)."""


def freeze(trunk: nn.Module, name: str, trainable: str) -> None:
    """Let a trunk train as ``trainable`` says: everything, nothing, or its last stage.

    Args:
        trunk: what ``init`` gives weights to.
        name: of the backbone.
        trainable: ``all``, ``head``, ``linear`` or ``last-stage``.

    Raises:
        InputError: the backbone's stages are unknown.
    """
    if trainable == "all":
        return
    trunk.requires_grad_(False)
    if trainable == "last-stage":
        last = last_stage(trunk, name)
        for parameter_name, parameter in trunk.named_parameters():
            parameter.requires_grad_(parameter_name in last)


def check_tasks(backbone: str, trainable: str, tasks: Iterable[Task], enlarge: int = 0) -> None:
    """Refuse a linear probe of labels per pixel: their heads, and a decoder where there is one, are not linear.

    They are not learned from enlarged images either: predictions have the size of the images as they are; nor by a
    backbone that keeps no maps.

    Raises:
        InputError: names the first such task.
    """
    _, dense_tasks = by_level(tuple(tasks))
    if backbone in WITHOUT_MAPS and dense_tasks:
        raise InputError(
            f"backbone '{backbone}' keeps no maps, which the labels per pixel of task '{dense_tasks[0].name}' need: "
            "use tiny, resnet18 or resnet50"
        )
    if enlarge and dense_tasks:
        raise InputError(
            f"{param('enlarge')} is for tasks with one label per image, and task '{dense_tasks[0].name}' has labels "
            "per pixel: leave it out"
        )
    if trainable == LINEAR and dense_tasks:
        raise InputError(
            f"{param('trainable')} {LINEAR} is for tasks with one label per image, and task '{dense_tasks[0].name}' "
            "has labels per pixel: choose head"
        )


def train_where_trainable(module: nn.Module) -> None:
    """Training mode for what is trained whole, evaluation mode for the rest: frozen statistics stay as they are."""
    parameters = list(module.parameters())
    if parameters and all(parameter.requires_grad for parameter in parameters):
        module.train()
        return
    module.training = False
    for child in module.children():
        train_where_trainable(child)


def last_stage(trunk: nn.Module, name: str) -> set[str]:
    """Names of a trunk's parameters in its last stage: as many stages as have :data:`SHARE` of all parameters.

    Raises:
        InputError: the backbone's stages are unknown.
    """
    own = dict(trunk.named_parameters())
    total = sum(parameter.numel() for parameter in own.values())
    last: set[str] = set()
    for group in reversed(_stages(name)):
        last |= _names_in(own, group)
        if sum(own[parameter].numel() for parameter in last) >= SHARE * total:
            return last
    raise InputError(f"backbone '{name}' does not say which stage is its last: train all or head")


def stages_of(trunk: nn.Module, name: str) -> list[list[nn.Parameter]]:
    """A trunk's parameters by stage, the shallowest first. One that no stage names belongs to the stage before it (a
    last normalisation) or, where there is none, to the first (a stem).

    Args:
        name: of the backbone.

    Raises:
        InputError: the backbone's stages are unknown.
    """
    own = dict(trunk.named_parameters())
    named = [stage for group in _stages(name) if (stage := _names_in(own, group))]
    if not named:
        raise InputError(f"backbone '{name}' does not say what its stages are: choose tiny, resnet18 or another one")
    stages: list[list[nn.Parameter]] = [[] for _ in named]
    place = 0
    for key, parameter in own.items():
        place = next((number for number, stage in enumerate(named) if key in stage), place)
        stages[place].append(parameter)
    return stages


def _names_in(own: Iterable[str], group: Sequence[str]) -> set[str]:
    """A stage's parameters as the trunk names them: inside wrappers, and flattened where it returns its maps."""
    flat = {name.replace(".", "_") for name in group}
    return {name for name in own if flat.intersection(_possible_names(name))}


def _possible_names(name: str) -> Iterator[str]:
    """A parameter's flattened name, and what it is without the wrappers around the network."""
    yield name.replace(".", "_")
    while name.startswith(_WRAPPERS):
        name = name.partition(".")[2]
        yield name.replace(".", "_")


def _stages(name: str) -> list[list[str]]:
    """Names of parameters by stage, in the order of a forward pass; none where the network does not say."""
    if name == "two_layer":
        return []
    with torch.device("meta"):
        if name == "tiny":
            names = [name for name, _ in TinyResNet(3).named_parameters()]
            return [[name for name in names if name.startswith(f"blocks.{i}.")] for i in range(len(TinyResNet.WIDTHS))]
        structure = NARROW_VIT if name == "vit_narrow" else {}
        network: Any = timm.create_model(NARROW_VIT_BASE if structure else timm_name(name), **structure)
    if not hasattr(network, "group_matcher"):
        return []
    groups: dict[int, list[str]] = group_parameters(network, network.group_matcher(coarse=True))
    return [groups[number] for number in sorted(groups)]
