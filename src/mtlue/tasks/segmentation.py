"""Classes: one of C names per pixel."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from mtlue.errors import InputError
from mtlue.tasks.base import Meter, Scores
from mtlue.tasks.classes import MISSING, ClassTask
from mtlue.tasks.dense import DenseTask, UnusableMapError, numbers, shape, single

Code: TypeAlias = int | tuple[int, int, int]
"""What stands for a class in a mask file: a number, or a colour (R, G, B)."""


@dataclass(frozen=True)
class Segmentation(ClassTask, DenseTask):
    """One of ``classes`` a pixel; labels are integer indices into it, -1 where a pixel is unlabelled.

    Loss: cross-entropy over the labelled pixels. Wrong target: (y + floor(C/2)) mod C, as for classes of images.

    Args:
        classes: names.
        codes: what stands for each class in mask files; the class's index by default.
        ignore: codes of pixels that count as unlabelled, beside -1.
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
            raise InputError(f"task '{self.name}' has a code that stands for two things")

    @property
    def all_codes(self) -> tuple[Code, ...]:
        """What stands for each class, also where nothing was said."""
        return self.codes or tuple(range(len(self.classes)))

    @property
    def colour(self) -> bool:
        """Whether the codes are colours."""
        return any(isinstance(code, tuple) for code in self.codes)

    def read(self, values: NDArray[Any]) -> tuple[NDArray[Any], Sequence[str]]:
        keys = _packed(values) if self.colour else _whole(single(values, "a mask"))
        known = {_key(code): index for index, code in enumerate(self.all_codes)}
        known |= {_key(code): MISSING for code in self.ignore}
        known.setdefault(MISSING, MISSING)
        found, places = np.unique(keys, return_inverse=True)
        unknown = [int(key) for key in found if int(key) not in known]
        if unknown:
            raise UnusableMapError(
                f"it holds {self._named(unknown[0])} in {int((keys == unknown[0]).sum())} pixel(s), which stands for "
                "no class: mend the mask, or name it under 'codes' or 'ignore' in a tasks file"
            )
        labels = np.array([known[int(key)] for key in found], self.stored)[places]
        return labels.reshape(keys.shape), ()

    def released(self, label: Tensor) -> NDArray[Any]:
        """Class indices, of one byte where they and the unlabelled pixels' number fit in it, else of two."""
        kind = np.uint8 if self._void < 256 else np.uint16
        return np.where(label.numpy() == MISSING, self._void, label.numpy()).astype(kind)

    def rule(self) -> dict[str, Any] | None:
        return {"kind": self.kind, "classes": list(self.classes), "ignore": [self._void]}

    @property
    def _void(self) -> int:
        """What stands for an unlabelled pixel in a released mask: the largest number of one byte, or of two."""
        return 255 if len(self.classes) <= 255 else 65535

    @property
    def planes(self) -> int:
        return len(self.classes)

    def encoded(self, label: Tensor) -> Tensor:
        classes = torch.arange(len(self.classes), device=label.device)
        return (label[:, None] == classes[:, None, None]).float()

    def counts(self, label: Tensor) -> dict[str, int]:
        found = [(label == index).flatten(1).any(1).sum().item() for index in range(len(self.classes))]
        return dict(zip(self.classes, map(int, found), strict=True))

    def scaled(self, label: Tensor) -> Tensor:
        return label.float().clamp(min=0) / (len(self.classes) - 1)

    def fault(self, labels: Tensor) -> tuple[int, str] | None:
        if labels.ndim != 3 or labels.is_floating_point() or labels.dtype == torch.bool:
            return 0, f"labels must be integers [H, W], not {labels.dtype} of shape {list(labels.shape[1:])}"
        outside = ((labels < MISSING) | (labels >= len(self.classes))).nonzero()
        if not len(outside):
            return None
        first = tuple(outside[0].tolist())
        return first[0], f"label {int(labels[first])} is outside -1 (unlabelled) to {len(self.classes) - 1}"

    def meter(self) -> Meter:
        """Of logits [B, C, H, W]. Mean IoU is over the classes that occur in labels or predictions."""
        return _ConfusionMeter(len(self.classes))

    def constants(self, train: Iterable[Tensor]) -> Mapping[tuple[str, ...], Tensor]:
        """The commonest class, as logits."""
        classes = range(len(self.classes))
        found = sum((torch.stack([(label == index).sum(0) for index in classes]) for label in train), torch.tensor(0))
        seen = found.sum(0) > 0
        majority = torch.where(seen, found.argmax(0), found.sum((1, 2)).argmax())
        return {tuple(self.metrics): F.one_hot(majority, len(self.classes)).permute(2, 0, 1).float()}

    def correct(self, prediction: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
        """Counts pixels."""
        present = label != MISSING
        return ((prediction.argmax(1) == label) & present).sum(), present.sum()

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "classes": list(self.classes),
            "codes": [list(code) if isinstance(code, tuple) else code for code in self.codes],
            "ignore": [list(code) if isinstance(code, tuple) else code for code in self.ignore],
        }

    def _named(self, key: int) -> str:
        return f"the colour #{key:06x}" if self.colour else f"the number {key}"


class _ConfusionMeter(Meter):
    """Counts pixels by true and predicted class."""

    def __init__(self, classes: int) -> None:
        self._counts = torch.zeros(classes, classes, dtype=torch.int64)

    def update(self, prediction: Tensor, label: Tensor) -> None:
        from torchmetrics.functional.classification import multiclass_confusion_matrix

        predicted, truth = prediction.argmax(1), label.to(prediction.device).long()
        table = multiclass_confusion_matrix(
            predicted, truth, len(self._counts), ignore_index=MISSING, validate_args=False
        )
        self._counts += table.cpu()

    def scores(self) -> Scores:
        hit = self._counts.diagonal().double()
        union = self._counts.sum(0) + self._counts.sum(1) - hit
        return {
            "mean_iou": float((hit / union)[union > 0].mean()),
            "pixel_accuracy": float(hit.sum() / self._counts.sum()),
        }


def _key(code: Code) -> int:
    return (code[0] << 16) + (code[1] << 8) + code[2] if isinstance(code, tuple) else code


def _packed(values: NDArray[Any]) -> NDArray[np.int64]:
    """[H, W] of colours as single numbers; bytes alone are greys."""
    if values.ndim == 2 and values.dtype == np.uint8:
        values = np.stack([values] * 3, axis=2)
    if values.ndim != 3 or values.shape[2] != 3:
        raise UnusableMapError(f"its shape is {shape(values)}: a mask of colours is [H, W, 3]")
    wide = _whole(numbers(values))
    return (wide[:, :, 0] << 16) + (wide[:, :, 1] << 8) + wide[:, :, 2]


def _whole(values: NDArray[Any]) -> NDArray[np.int64]:
    """Numbers that are whole, as integers."""
    if values.dtype.kind == "f" and not (np.isfinite(values).all() and (values == np.round(values)).all()):
        raise UnusableMapError("it holds numbers that are not whole: a mask's numbers stand for classes")
    return values.astype(np.int64)
