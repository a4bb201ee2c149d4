"""The model that an unauthorised learner would train: one shared backbone and a head for each task."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import Parameter

from mtlue.models.backbones import build_backbone
from mtlue.tasks import Task, image_tasks

HIDDEN = 256


class MultiTaskModel(nn.Module):
    """Backbone -> global average -> Linear(256) -> ELU -> one linear head a task (PAPER 7).

    The heads of all tasks are rows of one weight matrix, so that forty tasks cost one matrix product.

    Args:
        backbone: a name known to :func:`mtlue.models.backbones.build_backbone`.
        tasks: one task makes it a single-task learner.
        in_channels: 1 or 3.
        image_size: (h, w) that the model will see; backbones with position tables need it.
        pretrained: the backbone starts from timm's weights.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        backbone: str,
        tasks: Sequence[Task],
        in_channels: int,
        image_size: tuple[int, int],
        pretrained: bool = False,
    ) -> None:
        super().__init__()
        self.tasks: tuple[Task, ...] = image_tasks(tasks, "a learner")
        built = build_backbone(backbone, in_channels, image_size, pretrained)
        self.backbone = built.module
        self.register_buffer("mean", torch.tensor(built.mean)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(built.std)[:, None, None], persistent=False)
        self.neck = nn.Sequential(nn.Linear(built.width, HIDDEN), nn.ELU())
        self.heads = nn.ModuleDict({f"{i}": nn.Linear(HIDDEN, task.channels) for i, task in enumerate(self.tasks)})

    def features(self, images: Tensor) -> Tensor:
        """Images float 0..1 [B, C, h, w] -> features [B, 256]."""
        features: Tensor = self.neck(self.backbone((images - self.mean) / self.std))
        return features

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Images float 0..1 [B, C, h, w] -> {task name: prediction [B, channels]}."""
        features = self.features(images)
        heads = [self._head(task) for task in self.tasks]
        weight = torch.cat([head.weight for head in heads])
        bias = torch.cat([head.bias for head in heads])
        outputs = torch.split(nn.functional.linear(features, weight, bias), [h.out_features for h in heads], dim=1)
        return {task.name: output for task, output in zip(self.tasks, outputs, strict=True)}

    def shared_parameters(self) -> Iterator[Parameter]:
        yield from self.backbone.parameters()
        yield from self.neck.parameters()

    def task_parameters(self, task: Task) -> Iterator[Parameter]:
        return self._head(task).parameters()

    def _head(self, task: Task) -> nn.Linear:
        head = self.heads[f"{self.tasks.index(task)}"]
        assert isinstance(head, nn.Linear)
        return head
