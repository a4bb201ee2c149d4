"""What the published procedure costs, in plain code of our own: the yardstick that speed.py holds ours against.

It has the cost structure that the paper and what is known of its code describe:

- the published generator; every image's class maps are concatenated to z and convolved with it, image by image;
- SEP: a generator pass for every checkpoint;
- EM: two surrogate steps on perturbed batches after each epoch;
- a pass over all images after each epoch that counts the surrogate's errors on perturbed images;
- float32, eager, Adam as torch has it by default.

Where a cost is not known, the lower one is taken: data lie in memory as uint8, crops and flips are drawn for whole
batches, errors are counted on the device and read once, a surrogate's weights get no gradients in the generator's
step, maps are picked by index, and SEP's pass that counts errors asks one checkpoint. Surrogates, losses and
regularisers are mtlue's own. It is not meant to protect anything.
"""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Adam

from mtlue.bounds import to_float
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.generator import inter_task, intra_task
from mtlue.generator.config import DEFAULTS
from mtlue.generator.decoder import PublishedDecoder
from mtlue.generator.encoder import PublishedEncoder
from mtlue.methods.config import ResolvedSettings
from mtlue.methods.objectives import OBJECTIVES
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.tasks import ImageTask, Labels, Task

MAP_CHANNELS = 16


def image_tasks(tasks: Sequence[Task]) -> list[ImageTask]:
    """Those with a label per image: the published structure knows no others."""
    return [task for task in tasks if isinstance(task, ImageTask)]


class PublishedGenerator(nn.Module):
    """The published structure, every image convolved over 128 + 16 K channels.

    Args:
        tasks: image-level tasks.
        channels: of an image.
        size: (H, W) of the images.
    """

    def __init__(self, tasks: Sequence[ImageTask], channels: int, size: tuple[int, int]) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        self.encoder = PublishedEncoder(channels)
        grid = DEFAULTS["published"].grid(size)
        self.tables = nn.ParameterList(torch.randn(task.anchors, MAP_CHANNELS, *grid) for task in tasks)
        self.layers = PublishedDecoder(PublishedEncoder.channels, MAP_CHANNELS * len(tasks), 0, channels).layers

    def forward(self, images: Tensor, labels: Labels, epsilon: float) -> Tensor:
        """delta, [B, C, H, W], of float images and labels that are all present."""
        height, width = images.shape[-2:]
        maps = [table[labels[task.name]] for task, table in zip(self.tasks, self.tables, strict=True)]
        output: Tensor = self.layers(torch.cat([self.encoder(images), *maps], dim=1))
        return output[..., :height, :width].clamp(-epsilon, epsilon)


class PublishedProcedure:
    """Epochs of the published training of a generator.

    Args:
        method: em, tap or sep.
        surrogates: the checkpoints it is trained against; for EM the one surrogate that learns along with it.
        pipeline: what a learner sees of an image.
    """

    def __init__(
        self,
        method: str,
        data: ArrayDataset,
        surrogates: Sequence[MultiTaskModel],
        pipeline: Pipeline,
        batch_size: int,
        epsilon: float,
        runtime: Runtime,
    ) -> None:
        self.config = ResolvedSettings.paper(OBJECTIVES[method].plan)
        self.objective = OBJECTIVES[method](balanced=False)
        self.data = data
        self.surrogates = surrogates
        self.pipeline = pipeline
        self.batch_size = batch_size
        self.epsilon = epsilon
        self.device = runtime.device
        channels, height, width = data.images.shape[1:]
        self.generator = PublishedGenerator(image_tasks(data.tasks), channels, (height, width)).to(self.device)
        self.optimizer = self._adam(self.generator)
        self._joint = self._adam(surrogates[0])
        self._draws = runtime.generator("published")

    def epoch(self) -> None:
        """One pass of the generator over the data, without what comes after it."""
        self._learning(False)
        for batch in self._batches():
            self._step(batch)

    def count_errors(self) -> float:
        """The pass after each epoch: the surrogate's share of errors on perturbed images."""
        right, present = (torch.zeros((), dtype=torch.int64, device=self.device) for _ in range(2))
        with torch.no_grad():
            for batch in self._batches():
                views, labels = self._views(batch)
                predictions = self.surrogates[-1](views)
                for task in self.data.tasks:
                    hits, labelled = task.correct(predictions[task.name], labels[task.name])
                    right, present = right + hits, present + labelled
        return 1 - float(right / present)

    def surrogate_step(self) -> None:
        """EM: one of the surrogate's steps on a perturbed batch."""
        self._learning(True)
        model = self.surrogates[0]
        with torch.no_grad():
            views, labels = self._views(next(self._batches()))
        predictions = model(views)
        losses = [task.loss(predictions[task.name], labels[task.name]) for task in model.tasks]
        self._joint.zero_grad()
        torch.stack(losses).mean().backward()
        self._joint.step()

    def _step(self, batch: Batch) -> None:
        self.optimizer.zero_grad()
        for surrogate in self.surrogates:
            views, labels = self._views(batch)
            targets = self.objective.targets(self.data.tasks, labels)
            (self.objective.loss(surrogate, views, targets) / len(self.surrogates)).backward()
        by_task = [table.flatten(1) for table in self.generator.tables]
        extra = self.config.lambda_intra * intra_task(by_task) + self.config.lambda_inter * inter_task(by_task)
        extra.backward()
        self.optimizer.step()

    def _views(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        images = to_float(batch.images)
        delta = self.generator(images, batch.labels, self.epsilon)
        view = self.pipeline.draw(images, self._draws)
        return view.cut((images + delta).clamp(0, 1)), view.labels(self.data.tasks, batch.labels)

    def _batches(self) -> Iterator[Batch]:
        return (batch.to(self.device) for batch in self.data.batches(self.batch_size))

    def _learning(self, learns: bool) -> None:
        for surrogate in self.surrogates:
            surrogate.train(learns).requires_grad_(learns)

    def _adam(self, model: nn.Module) -> Adam:
        recipe = self.config.recipe
        return Adam(model.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
