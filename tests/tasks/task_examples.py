"""One row per kind of task, with predictions and labels drawn at random, for what every kind must keep to."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from mtlue.tasks import Categorical, Depth, Normals, Regression, Segmentation, Task
from stars import Stars

SIZE = (5, 4)


@dataclass(frozen=True)
class Example:
    """A task, and how ``count`` of its labels are drawn; none of them is missing."""

    task: Task
    labels: Callable[[int, Generator], Tensor]
    dense: bool = False

    def draw(self, count: int = 12, seed: int = 0, share: float = 0.3) -> tuple[Tensor, Tensor]:
        """Predictions [count, channels, ...] and labels [count, ...], a ``share`` of which is missing."""
        draw = Generator().manual_seed(seed)
        labels = self.labels(count, draw)
        blank = self.task.blank_labels(count, SIZE).to(labels)
        missing = torch.rand((count, 1, *SIZE) if self.dense else (count,), generator=draw) < share
        missing = missing.reshape(missing.shape[:1] + missing.shape[1 + self.dense * (labels.ndim < 4) :])
        while missing.ndim < labels.ndim:
            missing = missing[..., None]
        prediction = torch.randn(count, self.task.channels, *(SIZE if self.dense else ()), generator=draw)
        return prediction, torch.where(missing, blank, labels)


def _classes(*shape: int) -> Callable[[int, Generator], Tensor]:
    kind = torch.int16 if shape else torch.int64
    return lambda count, draw: torch.randint(3, (count, *shape), generator=draw).to(kind)


def _unit(count: int, draw: Generator) -> Tensor:
    return torch.nn.functional.normalize(torch.randn(count, 3, *SIZE, generator=draw), dim=1)


EXAMPLES = (
    Example(Categorical("animal", ("cat", "dog", "cow")), _classes()),
    Example(Regression("age", 0.0, 90.0), lambda n, draw: 90 * torch.rand(n, generator=draw, dtype=torch.float64)),
    Example(Regression("pose", size=3), lambda n, draw: torch.rand(n, 3, generator=draw, dtype=torch.float64)),
    Example(Segmentation("scene", ("sky", "road", "tree")), _classes(*SIZE), dense=True),
    Example(Depth("depth"), lambda n, draw: 1 + 8 * torch.rand(n, *SIZE, generator=draw), dense=True),
    Example(Normals("normals"), _unit, dense=True),
    Example(Stars("stars"), lambda n, draw: 1 + torch.randint(5, (n,), generator=draw)),
)
