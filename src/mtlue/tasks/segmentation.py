"""Classes: one of C names per pixel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from mtlue.errors import InputError
from mtlue.lazy import Later
from mtlue.tasks.classes import ClassTask
from mtlue.tasks.codec import MISSING, UnusableMapError
from mtlue.tasks.dense import DenseTask
from mtlue.tasks.maps import packed, single, whole
from mtlue.wording import counted

if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F
    from numpy.typing import NDArray
    from torch import Tensor

    from mtlue.tasks.meters import Meter
else:
    torch, F = Later("torch"), Later("torch.nn.functional")

Code: TypeAlias = int | tuple[int, int, int]
"""What stands for a class in a mask file: a number, or a colour (R, G, B)."""


@dataclass(frozen=True)
class Segmentation(ClassTask, DenseTask):
    """One of ``classes`` per pixel; labels are integer indices into it, [B, H, W], -1 where a pixel is unlabelled.

    Loss: cross-entropy over the labelled pixels. Wrong target: (y + floor(C/2)) mod C, as for classes of images.

    Args:
        name: the task's name, and that of the column that names its files.
        classes: names, at least two.
        codes: what stands for each class in mask files; the class's index by default.
        ignore: codes of pixels that count as unlabelled, besides -1.

    Raises:
        InputError: classes and codes do not match, or a code stands for two things.

    >>> road = Segmentation("road", ("other", "road"), codes=(0, 7), ignore=(255,))
    >>> road.read(np.array([[7, 0, 255]]))[0].tolist()
    [[1, 0, -1]]
    """

    codes: tuple[Code, ...] = ()
    ignore: tuple[Code, ...] = ()
    kind: ClassVar[str] = "segmentation"
    metrics: ClassVar[dict[str, bool]] = {"mean_iou": True, "pixel_accuracy": True}
    headline: ClassVar[str] = "mean_iou"
    stored: ClassVar[str] = "int16"
    absent: ClassVar[float] = MISSING
    exact: ClassVar[bool] = True
    suffix: ClassVar[str] = ".png"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.codes and len(self.codes) != len(self.classes):
            raise InputError(f"task '{self.name}' has {len(self.classes)} classes and {len(self.codes)} codes")
        if len({isinstance(code, tuple) for code in self.codes}) > 1:
            raise InputError(f"task '{self.name}' has both numbers and colours for codes: choose one of them")
        if len({*self.all_codes, *self.ignore}) < len(self.all_codes) + len(self.ignore):
            raise InputError(f"task '{self.name}' has a code with two meanings")

    @property
    def all_codes(self) -> tuple[Code, ...]:
        """What stands for each class, also where nothing was said."""
        return self.codes or tuple(range(len(self.classes)))

    @property
    def colour(self) -> bool:
        """Whether the codes are colours."""
        return any(isinstance(code, tuple) for code in self.codes)

    def read(self, values: NDArray[Any]) -> tuple[NDArray[Any], Sequence[str]]:
        keys = packed(values) if self.colour else whole(single(values, "a mask"))
        indices = {_key(code): index for index, code in enumerate(self.all_codes)}
        indices |= {_key(code): MISSING for code in self.ignore}
        indices.setdefault(MISSING, MISSING)
        distinct, places = np.unique(keys, return_inverse=True)
        unknown = [int(key) for key in distinct if int(key) not in indices]
        if unknown:
            raise UnusableMapError(
                f"it holds {self._spelled(unknown[0])} in {counted(int((keys == unknown[0]).sum()), 'pixel')}, "
                "which is no code of a class: correct the mask, or name it under 'codes' or 'ignore' in a tasks file"
            )
        labels = np.array([indices[int(key)] for key in distinct], self.stored)[places]
        return labels.reshape(keys.shape), ()

    def released(self, label: Tensor) -> NDArray[Any]:
        """Class indices, of one byte where they and the unlabelled pixels' number fit in it, else of two."""
        kind = np.uint8 if self._void < 256 else np.uint16
        return np.where(label.numpy() == MISSING, self._void, label.numpy()).astype(kind)

    def table_rule(self) -> dict[str, Any] | None:
        return {"kind": self.kind, "classes": list(self.classes), "ignore": [self._void]}

    def as_released(self) -> Segmentation:
        return replace(self, codes=(), ignore=(self._void,))

    @property
    def _void(self) -> int:
        """What stands for an unlabelled pixel in a released mask: the largest number of one byte, or of two."""
        return 255 if len(self.classes) <= 255 else 65535

    def counts(self, label: Tensor) -> dict[str, int]:
        images = [(label == index).flatten(1).any(1).sum().item() for index in range(len(self.classes))]
        return dict(zip(self.classes, map(int, images), strict=True))

    def picture(self, label: Tensor) -> Tensor:
        return label.float().clamp(min=0) / (len(self.classes) - 1)

    def first_invalid(self, labels: Tensor) -> tuple[int, str] | None:
        if labels.ndim != 3 or labels.is_floating_point() or labels.dtype == torch.bool:
            return 0, f"labels must be integers [H, W], not {labels.dtype} of shape {list(labels.shape[1:])}"
        return self._first_outside(labels)

    def meter(self) -> Meter:
        """Of logits [B, C, H, W]. Mean IoU is over the classes that occur in labels or predictions."""
        from mtlue.tasks.dense_meters import ConfusionMeter

        return ConfusionMeter(len(self.classes))

    def constants(self, train: Iterable[Tensor]) -> Mapping[tuple[str, ...], Tensor]:
        """The most common class of each pixel, as logits [C, H, W]."""
        classes = range(len(self.classes))
        times = sum((torch.stack([(label == index).sum(0) for index in classes]) for label in train), torch.tensor(0))
        labelled = times.sum(0) > 0
        majority = torch.where(labelled, times.argmax(0), times.sum((1, 2)).argmax())
        return {tuple(self.metrics): F.one_hot(majority, len(self.classes)).permute(2, 0, 1).float()}

    def _spelled(self, key: int) -> str:
        return f"the colour #{key:06x}" if self.colour else f"the number {key}"


def _key(code: Code) -> int:
    return (code[0] << 16) + (code[1] << 8) + code[2] if isinstance(code, tuple) else code
