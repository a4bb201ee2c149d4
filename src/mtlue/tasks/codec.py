"""Codec: what a label is as text, as numbers of a file and as a tensor, and which tensors are labels.

The text half needs no torch, so that a table's labels are checked before torch is loaded.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from mtlue.errors import InputError
from mtlue.lazy import Later
from mtlue.tasks.learning import Named

if TYPE_CHECKING:
    from typing import Self

    import torch
    from numpy.typing import NDArray
    from torch import Tensor
else:
    torch = Later("torch")

MISSING = -1
"""A missing label among whole numbers; among others it is NaN, or what the kind says."""


class UnknownLabelError(InputError):
    """A text that is not a label of a task; ``position`` is its place in the column."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class UnusableMapError(Exception):
    """These numbers are not a label map of a task; the text says why, without the file's name."""


class View(Protocol):
    """What one draw of a pipeline shows of each image of a batch."""

    @property
    def mirrored(self) -> Tensor | None:
        """Which images are mirrored left to right, [B] bool; None where none is."""

    def cut(self, maps: Tensor) -> Tensor:
        """[B, ..., H, W] -> [B, ..., h, w]: the window of each image, mirrored where the image is."""


class Codec(Named, ABC):
    """What labels look like. Those of a batch are one tensor, [B, ...]."""

    kind: ClassVar[str]

    def describe(self) -> str:
        """The classes or the range in words; the options by default."""
        options = {name: value for name, value in self.to_json().items() if name not in ("kind", "name")}
        return ", ".join(f"{name} {value}" for name, value in options.items()) or self.kind

    def to_json(self) -> dict[str, Any]:
        """A description from which :func:`mtlue.tasks.task_from_json` builds the task again: every field."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {"kind": self.kind, **{name: _plain(value) for name, value in values.items()}}

    def table_rule(self) -> dict[str, Any] | None:
        """What a tasks file says so that a release's column is read as this task; None where the column says it."""
        return {"kind": self.kind}

    def as_released(self) -> Self:
        """The task that reads a release's labels, in which every label means the same; this one by default.

        A release's label maps are numbers of its own (:meth:`MapCodec.released`), not those of the owner's files.
        """
        return self

    @abstractmethod
    def blank_labels(self, count: int, size: tuple[int, int]) -> Tensor:
        """The labels of ``count`` images of (H, W) that have none."""

    @abstractmethod
    def missing(self, label: Tensor) -> Tensor:
        """True where a label is missing: bool of the label's shape, but without the axis of a pixel's vector."""

    def unlabelled(self, label: Tensor) -> Tensor:
        """[B] bool: which images of a batch carry no label at all."""
        return self.missing(label).reshape(len(label), -1).all(1)

    @abstractmethod
    def first_invalid(self, labels: Tensor) -> tuple[int, str] | None:
        """The first of a column of labels, [N, ...], that cannot be one, and why; None where all can."""

    def members(self, label: Tensor) -> dict[str, Tensor]:
        """Which images of a batch carry each class, bool [B]; empty where labels are not classes of whole images."""
        return {}

    def counts(self, label: Tensor) -> dict[str, int]:
        """How many images carry each class (somewhere, if labels are per pixel), in order; empty without classes."""
        return {name: int(images.sum()) for name, images in self.members(label).items()}

    def under_view(self, label: Tensor, view: View) -> Tensor:
        """The labels of a batch as they hold for a view of its images; those of whole images do not change."""
        return label


class TextCodec(Codec):
    """Labels of whole images, [B], or [B, size] where a label is several numbers: each stands in a table's cell."""

    verbatim: ClassVar[bool] = True
    """Whether a release repeats a cell's text where there is one, as a label may be written in several ways."""

    @classmethod
    def of_texts(cls, name: str, texts: Sequence[str | None]) -> Self:
        """The task of a column whose kind the user named; by default one whose options are all defaults.

        Raises:
            InputError: a text is not a label of it.
        """
        task = cls(name)
        task.parse(texts)
        return task

    @abstractmethod
    def parse(self, texts: Sequence[str | None]) -> NDArray[Any]:
        """The labels, [N, ...], that a table's cells mean; the missing label for None.

        Raises:
            UnknownLabelError: a text is not a label of this task; the message says which ones are.
        """

    @abstractmethod
    def format(self, label: Tensor) -> str:
        """One label as text for a table; the empty string where it is missing."""

    def blank_labels(self, count: int, size: tuple[int, int]) -> Tensor:
        return torch.from_numpy(self.parse([None] * count))

    def missing(self, label: Tensor) -> Tensor:
        return label.isnan() if label.is_floating_point() else label == MISSING

    def first_invalid(self, labels: Tensor) -> tuple[int, str] | None:
        """By default labels must have the type and the shape of missing ones, and be finite."""
        blank = self.blank_labels(1, (1, 1))
        if labels.dtype != blank.dtype or labels.shape[1:] != blank.shape[1:]:
            wanted = f"{blank.dtype} of shape {list(blank.shape[1:])}"
            return 0, f"labels must be {wanted}, not {labels.dtype} of shape {list(labels.shape[1:])}"
        infinite = labels.isinf().nonzero()
        return (int(infinite[0, 0]), "the label is infinite") if len(infinite) else None


class MapCodec(Codec):
    """Labels per pixel, [B, H, W], or [B, 3, H, W] of vectors: each image's lie in a file of their own.

    They are kept as ``stored`` numbers, in which ``absent`` in every channel says that a pixel carries none.
    """

    stored: ClassVar[str]
    """NumPy dtype of a label map in memory and on disk."""
    absent: ClassVar[float]
    """What a pixel without a label holds."""
    suffix: ClassVar[str] = ".npy"
    """Of a released label map: an array, or a PNG of whole numbers."""
    vector: ClassVar[int] = 0
    """Numbers per pixel; 0 for a single one, which has no axis."""
    exact: ClassVar[bool] = False
    """Whether a file's numbers stand for something, so that a lossy format would change it."""

    @property
    def colour(self) -> bool:
        """Whether image files are read as RGB; else as the numbers (or palette indices) that they hold."""
        return False

    @abstractmethod
    def read(self, values: NDArray[Any]) -> tuple[NDArray[Any], Sequence[str]]:
        """The label map that a file's numbers mean, and what was changed on the way.

        Args:
            values: [H, W] or [H, W, channels], as an array file or a decoded image holds them.

        Returns:
            [H, W] or [vector, H, W] of ``stored`` numbers; notes.

        Raises:
            UnusableMapError: they cannot be this task's labels.
        """

    @abstractmethod
    def released(self, label: Tensor) -> NDArray[Any]:
        """The numbers of a released label map's file, [H, W] or [H, W, vector]: what :meth:`table_rule` reads back.

        Where :meth:`read` of this task takes them for other labels, :meth:`as_released` gives the task that does not.
        """

    @abstractmethod
    def picture(self, label: Tensor) -> Tensor:
        """One label to look at, float in 0..1: [H, W], or [3, H, W] of colours."""

    def under_view(self, label: Tensor, view: View) -> Tensor:
        return view.cut(label)

    def label_shape(self, size: tuple[int, int]) -> tuple[int, ...]:
        """The shape of one label of an image of (H, W)."""
        return (self.vector, *size) if self.vector else size

    def blank(self, size: tuple[int, int]) -> NDArray[Any]:
        """The label map of an image of (H, W) that has none."""
        return np.full(self.label_shape(size), self.absent, self.stored)

    def blank_labels(self, count: int, size: tuple[int, int]) -> Tensor:
        """One map in memory, however many there are."""
        return torch.from_numpy(self.blank(size)).expand(count, *self.label_shape(size))


def _plain(value: Any) -> Any:
    """A field's value as JSON has it."""
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
