"""A code without surrogates, made for labels per pixel: one pure pattern per pixel, which is easy to read."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import torch
from msgspec import Meta
from torch import Tensor

from mtlue.bounds import to_float
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.methods.base import Perturber
from mtlue.methods.joint_code.label_codes import DenseCode, ImageCode
from mtlue.methods.joint_code.settings import JointCodeSettings, Waves
from mtlue.methods.weights import check_weights, described_only
from mtlue.methods.work import FitRecord
from mtlue.runtime import Runtime
from mtlue.structured import typed
from mtlue.tasks import Task, by_level


@dataclass(frozen=True)
class _SavedStarts:
    """Where the turns of the sign begin, down and across."""

    starts: tuple[Annotated[int, Meta(ge=0)], Annotated[int, Meta(ge=0)]]


class JointCode(Perturber):
    """Every pixel carries one pure pattern at full epsilon, which says its labels.

    Learners read a perturbation of dense labels only where it is much easier to read than the image: stripes or a
    chessboard of very few pixels, at full amplitude. A sum of one pattern per task leaves each a fraction of that, so
    all dense tasks share one code: a symbol per pixel, and a pattern per symbol (:class:`DenseCode`). A pattern may be
    turned to its negative without becoming another one: that says the labels of the whole image, by how often it turns
    down the image and across it (:class:`ImageCode`). In luminance, which has too few patterns to lose one, the last
    channel of colour images shows these turns without the pattern: broad stripes, which JPEG leaves even in a colour,
    and the pattern keeps most of its luminance in the other channels.

    The perturbation depends on the labels alone, as that of LSP and AR does: someone who knows that can average it out.
    The arguments are those of every :class:`mtlue.methods.Perturber`.
    """

    Settings = JointCodeSettings
    settings: JointCodeSettings
    inductive = True

    def hyperparameters(self, tasks: Sequence[Task] = ()) -> dict[str, Any]:
        """As :meth:`Perturber.hyperparameters`; the waves are those of colour images before :meth:`fit`."""
        return {**super().hyperparameters(tasks), **asdict(self._waves)}

    def _fit(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline) -> FitRecord:
        seed = runtime.seed_for("joint code")
        order = torch.randperm(len(dataset), generator=runtime.generator("joint code", "images"))
        hidden = self.scope.hide_in(dataset)
        sample = hidden.take(order[: self.settings.code_images].sort().values.tolist())
        draw = runtime.generator("joint code", "turns")
        self._kept: dict[str, Tensor] = {}
        starts = torch.randint(max(self._waves.spacings), (2,), generator=draw).tolist()
        dense, whole = self._codes()
        dense.fit(sample, to_float(sample.images[:]), seed)
        whole.fit(hidden.labels, seed)
        self._starts: list[int] = whole.starts(starts, dataset.images.shape[2:], draw)
        return FitRecord()

    def _delta(self, images: Tensor, batch: Batch) -> Tensor:
        dense, whole = self._codes()
        patterns, labelled_pixels = dense.paint(images, batch.labels)
        signs, labelled_images = whole.signs(images, batch.labels, self._starts)
        if self.settings.luminance and self.channels > 1:
            patterns[:, -1:] = torch.where(labelled_images, 1.0, patterns[:, -1:])
        return self.epsilon * patterns * signs * (labelled_pixels | labelled_images)

    @property
    def _waves(self) -> Waves:
        return self.settings.waves(self.channels)

    def _codes(self) -> tuple[DenseCode, ImageCode]:
        whole, dense = by_level(self.tasks)
        return (
            DenseCode(dense, self._kept, self.settings.code_pixels, self._waves),
            ImageCode(whole, self._kept, self._waves.spacings),
        )

    def _state(self) -> dict[str, Any]:
        return {"starts": self._starts}

    def _tensors(self) -> dict[str, Tensor]:
        return self._kept

    def _restore(self, state: dict[str, Any], tensors: dict[str, Tensor], runtime: Runtime) -> None:
        starts = typed(state, _SavedStarts).starts
        longest = max(self._waves.spacings)
        if max(starts) >= longest:
            raise ValueError(f"starts {list(starts)} are not below {longest}")
        patterns = len(tensors["patterns"]) if "patterns" in tensors and tensors["patterns"].ndim else 1
        self._kept, self._starts = tensors, list(starts)
        dense, whole = self._codes()
        with described_only():
            check_weights(tensors, {**dense.expected(self.channels, patterns), **whole.expected()})
