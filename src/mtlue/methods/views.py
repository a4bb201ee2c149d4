"""From x + delta to what a learner may see: the sum, its bounds, transformations, crops, flips, and labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Generator, Tensor

from mtlue.data import Pipeline
from mtlue.methods.config import ResolvedSettings
from mtlue.methods.transformations.mixture import TransformationMixture
from mtlue.tasks import Task
from mtlue.training.parts import BatchPart

LabelledViews = tuple[Tensor, dict[str, Tensor]]
"""Views, float 0..1 [B, C, h, w], and each task's labels as they hold for them."""


@dataclass(frozen=True)
class ViewSampler:
    """Draws what a learner may see of perturbed images; gradients pass to the perturbation.

    Args:
        pipeline: crops and flips, drawn for each image.
        tasks: whose labels are wanted.
        count: draws for each batch; an objective's loss is their mean.
        mixture: what some of the images go through before they are cropped.
    """

    pipeline: Pipeline
    tasks: Sequence[Task]
    count: int = 1
    mixture: TransformationMixture = field(default_factory=TransformationMixture)

    @classmethod
    def of(cls, config: ResolvedSettings, pipeline: Pipeline, tasks: Sequence[Task]) -> "ViewSampler":
        """The draws that a method's settings ask for."""
        return cls(pipeline, tasks, config.views, TransformationMixture.of(config.against, config.against_share))

    @classmethod
    def of_surrogates(cls, config: ResolvedSettings, pipeline: Pipeline, tasks: Sequence[Task]) -> "ViewSampler":
        """One draw for each step of a surrogate's own training, transformed where the settings say so."""
        share = config.against_share if config.transform_surrogates else 0.0
        return cls(pipeline, tasks, 1, TransformationMixture.of(config.against, share))

    def draw(
        self,
        images: Tensor,
        delta: Tensor,
        labels: Mapping[str, Tensor],
        generator: Generator,
        part: BatchPart | None = None,
    ) -> list[LabelledViews]:
        """``count`` draws of x + delta.

        Args:
            images: x, float 0..1 [B, C, H, W].
            delta: of the same shape.
            labels: {task: [B, ...]} of whole images.
            generator: on the CPU; nothing else is random.
            part: which rows of a larger batch these are; None: all of it.
        """
        perturbed = (images + delta).clamp(0, 1)
        part = part or BatchPart.whole(len(perturbed))
        return [self._one(perturbed, labels, generator, part) for _ in range(self.count)]

    def _one(
        self, perturbed: Tensor, labels: Mapping[str, Tensor], generator: Generator, part: BatchPart
    ) -> LabelledViews:
        view = part.draw(self.pipeline, perturbed, generator)
        return view.cut(self.mixture(perturbed, generator, part)), view.labels(self.tasks, labels)
