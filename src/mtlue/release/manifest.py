"""The release's manifest: what was released, by hash; nothing that helps to undo the protection."""

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mtlue.bounds import LEVELS
from mtlue.data.dataset import MIN_SIDE
from mtlue.errors import VerificationError
from mtlue.files import write_json
from mtlue.release.formats import FORMATS
from mtlue.release.staging import MANIFEST

METADATA = "metadata.csv"
IMAGES = "images"
LABELS = "labels"
"""Folder of the label maps."""
TASKS = "tasks.yaml"
"""The tasks file that says how columns are to be read, where they do not say it."""
FORMAT = 2


@dataclass(frozen=True)
class ReleasedImage:
    """One file of the release: its path below the release, and the SHA-256 of its bytes."""

    file_name: str
    id: str
    sha256: str


@dataclass(frozen=True)
class ReleasedFile:
    """Another file of the release: its path below the release, and the SHA-256 of its bytes."""

    file_name: str
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What ``manifest.json`` holds.

    Attributes:
        method: name of the protection method.
        epsilon: bound in levels, 1/255 each.
        image_format: name of the files' format.
        native: whether each image has a size of its own.
        size: (H, W) that the perturbation was found at; of every image, unless ``native``.
        channels: 1 or 3.
        center_crop: side of the square that was cut from the sources, if any.
        counts: images in each split.
        metadata_sha256: hash of ``metadata.csv``.
        labels: label maps, and the tasks file that says how to read them.
        labels_left_out: dense tasks whose label maps are not in the release.
        value_range: numbers that were shown as black and as white, of sources wider than a byte, if there were any.
    """

    version: str
    method: str
    epsilon: float
    image_format: str
    native: bool
    size: tuple[int, int]
    channels: int
    center_crop: int | None
    counts: dict[str, int]
    metadata_sha256: str
    images: tuple[ReleasedImage, ...]
    labels: tuple[ReleasedFile, ...] = ()
    labels_left_out: tuple[str, ...] = ()
    value_range: tuple[float, float] | None = None

    def write(self, release: Path) -> None:
        values = {"tool": "mtlue", "format": FORMAT, **asdict(self)}
        write_json(release / MANIFEST, values)

    @classmethod
    def read(cls, release: Path) -> "Manifest":
        """Read a release's manifest.

        Raises:
            VerificationError: there is none, or it is damaged.
        """
        path = release / MANIFEST
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            tool, version = values.pop("tool"), values.pop("format")
            images = tuple(ReleasedImage(**image) for image in values.pop("images"))
            labels = tuple(ReleasedFile(**file) for file in values.pop("labels", ()))
            left_out = tuple(values.pop("labels_left_out", ()))
            values["size"] = tuple(values["size"])
            if values.get("value_range") is not None:
                low, high = values["value_range"]
                values["value_range"] = (float(low), float(high))
            manifest = cls(images=images, labels=labels, labels_left_out=left_out, **values)
        except FileNotFoundError as error:
            raise VerificationError(
                f"{path} is missing: this is not a whole release; run the command that was to write it again"
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            raise VerificationError(f"{path} is damaged ({error}): run the command that wrote it again") from error
        if (tool, version) != ("mtlue", FORMAT):
            raise VerificationError(f"{path} is of another format: use the version of mtlue that wrote it")
        fault = manifest.fault()
        if fault:
            raise VerificationError(f"{path} is damaged ({fault}): run the command that wrote it again")
        return manifest

    def fault(self) -> str | None:
        """What contradicts itself in these values, or None."""
        texts = [self.version, self.method, self.metadata_sha256]
        texts += [text for image in self.images for text in (image.file_name, image.id, image.sha256)]
        texts += [text for file in self.labels for text in (file.file_name, file.sha256)]
        texts += self.labels_left_out
        numbers = [*self.size, *self.counts.values()] if isinstance(self.counts, dict) else [None]
        if not all(isinstance(text, str) for text in texts) or not all(type(number) is int for number in numbers):
            return "a value is of the wrong type"
        if len(self.size) != 2 or min(self.size) < MIN_SIDE or self.channels not in (1, 3):
            return f"size {self.size} with {self.channels} channels"
        if not isinstance(self.epsilon, int | float) or not 1 <= self.epsilon <= LEVELS:
            return f"epsilon {self.epsilon}"
        if not (self.center_crop is None or (type(self.center_crop) is int and self.center_crop >= MIN_SIDE)):
            return f"center_crop {self.center_crop}"
        if self.image_format not in FORMATS or not isinstance(self.native, bool):
            return f"format {self.image_format}, native {self.native}"
        if sum(self.counts.values()) != len(self.images):
            return f"it counts {sum(self.counts.values())} images and lists {len(self.images)}"
        return self._list_fault()

    def _list_fault(self) -> str | None:
        for image in self.images:
            parts = PurePosixPath(image.file_name).parts
            if parts[:1] != (IMAGES,) or ".." in parts:
                return f"'{image.file_name}' lies outside {IMAGES}/"
        for file in self.labels:
            parts = PurePosixPath(file.file_name).parts
            if file.file_name != TASKS and (parts[:1] != (LABELS,) or ".." in parts):
                return f"'{file.file_name}' lies outside {LABELS}/"
        for name in ("file_name", "id"):
            repeated = [value for value, count in Counter(getattr(i, name) for i in self.images).items() if count > 1]
            if repeated:
                return f"{name} '{repeated[0]}' stands twice"
        return None
