"""Surface normals: a direction per pixel."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mtlue.lazy import Later
from mtlue.tasks.codec import UnusableMapError, View
from mtlue.tasks.dense import DenseTask
from mtlue.tasks.learning import masked_mean
from mtlue.tasks.maps import notes_on_unlabelled, require_numbers, shape
from mtlue.tasks.scores import WITHIN
from mtlue.wording import counted

if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F
    from numpy.typing import NDArray
    from torch import Tensor

    from mtlue.tasks.meters import Meter
else:
    torch, F = Later("torch"), Later("torch.nn.functional")

_LONGEST, _SHORTEST = 1.5, 0.05
"""Lengths of vectors that are still taken for directions: resizing leaves them between 0 and 1, seldom above."""
_UNIT = 0.01
DIRECTIONS = (
    (0.0, 0.0, 1.0),
    *((x, y, 1.0) for x in (-1.0, 0.0, 1.0) for y in (-1.0, 0.0, 1.0) if x or y),
    *((x, y, 0.0) for x, y in ((-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0))),
)
"""Anchors: the viewing axis, eight around it, and four across it."""
_SHARP = 12.0


@dataclass(frozen=True)
class Normals(DenseTask):
    """A unit vector per pixel; labels are float32 [B, 3, H, W], all zero where a pixel has none.

    Loss: 1 - cosine over the pixels that have one (method.md, "Datasets and pipelines").
    Wrong target: the normals turned about the image's mean direction, and those near it about another axis.

    Args:
        name: the task's name, and that of the column that names its files.

    >>> Normals("up").read(np.array([[[0.0, 0.0, 1.0]]]))[0].ravel().tolist()
    [0.0, 0.0, 1.0]
    """

    kind: ClassVar[str] = "normals"
    metrics: ClassVar[dict[str, bool]] = {
        "mean_angle": False,
        "median_angle": False,
        **{f"within_{degrees:g}": True for degrees in WITHIN},
    }
    headline: ClassVar[str] = "mean_angle"
    stored: ClassVar[str] = "float32"
    absent: ClassVar[float] = 0.0
    vector: ClassVar[int] = 3

    @property
    def colour(self) -> bool:
        return True

    @property
    def channels(self) -> int:
        return 3

    @property
    def chance_loss(self) -> float:
        """Directions spread evenly over the half that faces the camera have a mean cosine of 1/2 with its axis."""
        return 0.5

    def describe(self) -> str:
        return "unit vectors"

    def read(self, values: NDArray[Any]) -> tuple[NDArray[Any], Sequence[str]]:
        """Files of bytes are colours: 0..255 stands for -1..1."""
        if values.ndim != 3 or values.shape[2] != 3:
            raise UnusableMapError(f"its shape is {shape(values)}: normals are three numbers per pixel, [H, W, 3]")
        coded = values.dtype == np.uint8
        vectors = require_numbers(values).astype(np.float64)
        if coded:
            vectors = np.where((values == 0).all(2, keepdims=True), 0.0, vectors / 127.5 - 1)
        unknown = np.asarray(~np.isfinite(vectors).all(2))
        vectors[unknown] = 0
        lengths = np.linalg.norm(vectors, axis=2)
        _check_coding(vectors, lengths)
        absent = lengths < _SHORTEST
        unit = np.where(absent[..., None], self.absent, vectors / np.maximum(lengths, _SHORTEST)[..., None])
        return unit.transpose(2, 0, 1).astype(self.stored), _notes(lengths, absent, unknown, coded)

    def released(self, label: Tensor) -> NDArray[Any]:
        return np.ascontiguousarray(label.permute(1, 2, 0).numpy())

    def table_rule(self) -> dict[str, Any] | None:
        return {"kind": self.kind}

    @property
    def anchors(self) -> int:
        return len(DIRECTIONS)

    def anchor_weights(self, label: Tensor) -> Tensor:
        """A direction is mostly the anchor that it is nearest to: softmax of ``_SHARP`` times the cosines."""
        anchors = F.normalize(torch.tensor(DIRECTIONS, device=label.device), dim=1)
        cosines = torch.einsum("ad,bdhw->bahw", anchors, label.float())
        return (_SHARP * cosines).softmax(1) * ~self.missing(label)[:, None]

    def under_view(self, label: Tensor, view: View) -> Tensor:
        """In a mirrored image x points the other way."""
        cut = view.cut(label)
        if view.mirrored is None:
            return cut
        sign = torch.where(view.mirrored, -1.0, 1.0).to(cut.dtype)
        return torch.cat([cut[:, :1] * sign[:, None, None, None], cut[:, 1:]], dim=1)

    def picture(self, label: Tensor) -> Tensor:
        return (label + 1) / 2

    def loss(self, prediction: Tensor, label: Tensor) -> Tensor:
        """``prediction``: [B, 3, H, W] of any length; ``label``: [B, 3, H, W]."""
        return masked_mean(1 - F.cosine_similarity(prediction, label, dim=1), ~self.missing(label))

    def wrong_target(self, label: Tensor) -> Tensor:
        """Each normal turned by half a turn about the image's mean direction: floors become walls, left becomes right.

        Those near that direction, all of them where an image shows one plane, would stay as they are: they are turned
        towards a direction across it. The opposite of a normal would point away from the camera, where no model's
        prediction goes.
        """
        mean = F.normalize(label.sum((-2, -1), keepdim=True), dim=1)
        turned = _half_turn(label, mean)
        same = (turned * label).sum(1, keepdim=True) > math.cos(math.radians(WITHIN[-1]))
        return torch.where(same, _half_turn(label, F.normalize(mean + _across(mean), dim=1)), turned)

    def missing(self, label: Tensor) -> Tensor:
        """[B, 3, H, W] -> [B, H, W]."""
        return (label == 0).all(-3)

    def first_invalid(self, labels: Tensor) -> tuple[int, str] | None:
        if labels.ndim != 4 or labels.shape[1] != 3 or not labels.is_floating_point():
            return 0, f"labels must be numbers [3, H, W], not {labels.dtype} of shape {list(labels.shape[1:])}"
        lengths = labels.norm(dim=1)
        bad = (~((lengths - 1).abs() <= _UNIT) & (lengths != 0)).nonzero()
        if not len(bad):
            return None
        first = tuple(bad[0].tolist())
        return first[0], f"a normal has length {float(lengths[first]):g}: give unit vectors, and 0 where there is none"

    def meter(self) -> Meter:
        """Of predictions [B, 3, H, W] of any length.

        Angles in degrees, over all pixels that have a normal; the median to a hundredth of a degree, its error at most
        half of that.
        """
        from mtlue.tasks.dense_meters import AngleMeter

        return AngleMeter()

    def constants(self, train: Iterable[Tensor]) -> Mapping[tuple[str, ...], Tensor]:
        """Each pixel's mean direction."""
        total, labelled = torch.tensor(0.0, dtype=torch.float64), torch.tensor(False)
        for label in train:
            total = total + label.double().sum(0)
            labelled = labelled | (~self.missing(label)).any(0)
        return {tuple(self.metrics): torch.where(labelled, total, total.sum((1, 2), keepdim=True))}

    def correct(self, prediction: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """Counts pixels; right is what lies within 30 degrees."""
        present = ~self.missing(label)
        near = F.cosine_similarity(prediction, label, dim=1) >= torch.tensor(WITHIN[-1]).deg2rad().cos()
        return (near & present).sum(), present.sum()


def _half_turn(vectors: Tensor, axis: Tensor) -> Tensor:
    """[B, 3, H, W] turned by half a turn about unit vectors [B, 3, 1, 1]."""
    return 2 * (axis * vectors).sum(1, keepdim=True) * axis - vectors


def _across(direction: Tensor) -> Tensor:
    """A unit vector at right angles to each, [B, 3, 1, 1], that does not point away from the camera if that does not.

    It lies in the plane of the direction and the viewing axis; where these are near each other, upright.
    """
    viewing, upright = direction.new_tensor([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])[..., None, None]
    upright = torch.where(direction[:, 1:2] > 0, -upright, upright)
    reference = torch.where(direction[:, 2:] > 0.7, upright, viewing.expand_as(direction))
    return F.normalize(reference - (reference * direction).sum(1, keepdim=True) * direction, dim=1)


def _check_coding(vectors: NDArray[np.float64], lengths: NDArray[np.float64]) -> None:
    """Refuse vectors whose lengths are far from 1."""
    longest = lengths.max(initial=0.0)
    if longest > _LONGEST:
        raise UnusableMapError(f"its longest vector has length {longest:g}: normals have length 1 (or 0: unlabelled)")
    other = (lengths >= _SHORTEST) & (np.abs(lengths - 1) > 0.1)
    if other.mean() > 0.5 and vectors.min(initial=0.0) >= 0:
        raise UnusableMapError(
            "its components are all positive and its lengths are not 1: colours from 0 to 1? Give 2 * value - 1"
        )


def _notes(lengths: NDArray[np.float64], absent: NDArray[Any], unknown: NDArray[Any], coded: bool) -> list[str]:
    other = int((~absent & (np.abs(lengths - 1) > (0.05 if coded else _UNIT))).sum())
    notes = [f"{counted(other, 'normal was', 'normals were')} not of length 1: rescaled to it"] if other else []
    return [*notes, *notes_on_unlabelled(unknown)]
