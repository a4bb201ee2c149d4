"""The model that an unauthorised learner would train: one shared backbone and a head for each task."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import Parameter

from mtlue.models.backbones import build_backbone
from mtlue.models.names import LINEAR, RANDOM
from mtlue.models.pyramids import build_pyramid
from mtlue.models.trainable import check_tasks, freeze, stages_of, train_where_trainable
from mtlue.tasks import ImageTask, Task, by_level

HIDDEN = 256


class MultiTaskModel(nn.Module):
    """Backbone -> global average -> Linear(256) -> ELU -> one linear head per task
    (method.md, "Learners and weightings").

    The heads of all tasks with one label per image are rows of one weight matrix, so that forty tasks cost one matrix
    product. With a dense task the backbone keeps its maps, which each dense task has a head of its own for; the other
    tasks are learned as before, from the average of the deepest maps. Without tasks of images there is no neck, and
    none in a linear probe.

    Args:
        backbone: a name known to :func:`mtlue.models.backbones.build_backbone`.
        tasks: of any kind; one task makes it a single-task learner.
        in_channels: 1 or 3.
        image_size: (h, w) that the model will see; backbones with position tables need it.
        init: where the backbone's weights start: random, timm, package or a file of weights.
        trainable: all; head (the neck and the heads: the backbone stays as it starts, its batch statistics too);
            linear (as head, and without a neck: one linear layer per task reads the average itself); or last-stage.
        enlarge: least length of the shorter side that the backbone sees: smaller images are resized to it bilinearly.

    Attributes:
        width: of the average of the deepest maps.

    Raises:
        InputError: ``linear`` or ``enlarge`` with labels per pixel, or what building the backbone refuses.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        backbone: str,
        tasks: Sequence[Task],
        in_channels: int,
        image_size: tuple[int, int],
        init: str = RANDOM,
        trainable: str = "all",
        enlarge: int = 0,
    ) -> None:
        super().__init__()
        check_tasks(backbone, trainable, tasks, enlarge)
        self.tasks: tuple[Task, ...] = tuple(tasks)
        self._image_tasks, self._dense_tasks = by_level(tasks)
        heads: dict[Task, nn.Module] = {}
        if self._dense_tasks:
            pyramid = build_pyramid(backbone, in_channels, image_size, init)
            heads = {task: pyramid.head(task.channels) for task in self._dense_tasks}
        built = pyramid if self._dense_tasks else build_backbone(backbone, in_channels, image_size, init, enlarge)
        self.backbone = built.module
        freeze(built.trunk, backbone, trainable)
        self._trainable = trainable
        self._backbone = backbone
        self._trunk = [built.trunk]  # in a list: it is a part of the backbone, not another module
        self.register_buffer("mean", torch.tensor(built.mean)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(built.std)[:, None, None], persistent=False)
        self.width = built.width
        necked = bool(self._image_tasks) and trainable != LINEAR
        self.neck = nn.Sequential(nn.Linear(built.width, HIDDEN), nn.ELU()) if necked else nn.Identity()
        width = HIDDEN if necked else built.width
        heads |= {task: nn.Linear(width, task.channels) for task in self._image_tasks}
        self.heads = nn.ModuleDict({f"{i}": heads[task] for i, task in enumerate(self.tasks)})

    def features(self, images: Tensor) -> Tensor:
        """Images float 0..1 [B, C, h, w] -> features [B, 256].

        Without a neck: the average of the deepest maps itself, [B, the backbone's width].
        """
        features: Tensor = self.neck(self._maps(images)[0])
        return features

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Images float 0..1 [B, C, h, w] -> {task name: prediction}: [B, channels], or [B, channels, h, w] if dense."""
        pooled, maps = self._maps(images)
        predictions = self._of_images(self.neck(pooled)) if self._image_tasks else {}
        for task in self._dense_tasks:
            predictions[task.name] = self._head(task)(maps, images.shape[-2:])
        return {task.name: predictions[task.name] for task in self.tasks}

    def train(self, mode: bool = True) -> "MultiTaskModel":
        """Training mode; what is frozen stays in evaluation mode, so that its statistics do not move."""
        super().train(mode)
        if mode and self._trainable != "all":
            train_where_trainable(self._trunk[0])
        return self

    def renew_heads(self) -> None:
        """Start the heads anew, and train nothing else from now on: features stay, their batch statistics too."""
        self.heads.apply(_restart)
        for module in (self.backbone, self.neck):
            module.requires_grad_(False)
        self._trainable, self._trunk = "head", [self.backbone]

    def pooled(self, images: Tensor) -> Tensor:
        """Images float 0..1 [B, C, h, w] -> the average of the deepest maps, before any neck: [B, width]."""
        return self._maps(images)[0]

    def freeze_trunk(self) -> None:
        """Train no more than the neck and the heads from now on: the trunk stays, its batch statistics too."""
        self._trunk[0].requires_grad_(False)
        self._trainable = "head" if self._trainable in ("all", "last-stage") else self._trainable

    def shared_parameters(self) -> Iterator[Parameter]:
        """Everything but the heads."""
        yield from self.backbone.parameters()
        yield from self.neck.parameters()

    def task_parameters(self, task: Task) -> Iterator[Parameter]:
        return self._head(task).parameters()

    def stages(self) -> list[list[Parameter]]:
        """The trunk's parameters by stage, the shallowest first.

        Raises:
            InputError: the backbone does not say what its stages are.
        """
        return stages_of(self._trunk[0], self._backbone)

    def _maps(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """The average of the backbone's deepest maps, and the maps that dense heads read."""
        output = self.backbone((images - self.mean) / self.std)
        return output if self._dense_tasks else (output, None)

    def _of_images(self, features: Tensor) -> dict[str, Tensor]:
        heads = [self._linear(task) for task in self._image_tasks]
        weight = torch.cat([head.weight for head in heads])
        bias = torch.cat([head.bias for head in heads])
        outputs = torch.split(nn.functional.linear(features, weight, bias), [h.out_features for h in heads], dim=1)
        return {task.name: output for task, output in zip(self._image_tasks, outputs, strict=True)}

    def _head(self, task: Task) -> nn.Module:
        return self.heads[f"{self.tasks.index(task)}"]

    def _linear(self, task: ImageTask) -> nn.Linear:
        head = self._head(task)
        assert isinstance(head, nn.Linear)
        return head


def _restart(module: nn.Module) -> None:
    """Fresh weights for a layer, as it was made with."""
    if callable(restart := getattr(module, "reset_parameters", None)):
        restart()
