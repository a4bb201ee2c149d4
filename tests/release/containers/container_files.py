"""Pictures, and a release of one image whose file may be anything."""

from pathlib import Path
from typing import Literal, cast

import numpy as np
import torch

from mtlue.data.loading import CleanImages
from mtlue.release.checks.faults import ReleaseError
from mtlue.release.checks.images import check_file, measure
from mtlue.release.form import USUAL_QUALITY
from mtlue.release.formats import FORMATS
from mtlue.release.manifest import Manifest, ReleasedImage

EPSILON = 8


def picture(seed: int, shape: tuple[int, ...] = (13, 18, 3)) -> np.ndarray:
    """Pixels that look like something: a slope, some noise, a flat part."""
    random = np.random.default_rng(seed)
    slope = np.add.outer(np.arange(shape[0]) * 5, np.arange(shape[1]) * 4)
    values = (slope[..., None] if len(shape) == 3 else slope) + random.integers(-9, 10, shape)
    values[: shape[0] // 3] = 60
    return values.clip(0, 255).astype(np.uint8)


def examine(content: bytes, form: str) -> None:
    contents = FORMATS[form].examine(content)
    FORMATS[form].check_stream(contents)


class Lab:
    """A release of one image, whose file may be anything; its manifest always fits."""

    def __init__(self, folder: Path, form: str, pixels: np.ndarray) -> None:
        self.folder, self.form = folder, form
        self.name = f"images/x{FORMATS[form].suffix}"
        (folder / "images").mkdir()
        self.channels: Literal[1, 3] = 1 if pixels.ndim == 2 else 3
        tensor = torch.from_numpy(pixels)
        self.clean = {"x": tensor[None] if self.channels == 1 else tensor.permute(2, 0, 1)}
        self.size = pixels.shape[:2]

    def accepts(self, content: bytes) -> bool:
        import hashlib

        (self.folder / self.name).write_bytes(content)
        image = ReleasedImage(self.name, "x", hashlib.sha256(content).hexdigest())
        manifest = Manifest(
            version="0",
            method="noise",
            epsilon=EPSILON,
            image_format=self.form,
            quality=None if FORMATS[self.form].lossless else USUAL_QUALITY,
            native=False,
            size=self.size,
            channels=self.channels,
            center_crop=None,
            counts={"train": 1},
            metadata_sha256="0" * 64,
            images=(image,),
        )
        if check_file(self.folder, manifest, image) is not None:
            return False
        return not isinstance(measure(self.folder, manifest, cast(CleanImages, self.clean), image), ReleaseError)


PAGES = ["flat", "white", "grey", "slope", "page", "noise"]


def page(kind: str, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """What scans and graphics look like, with a little noise: files whose length says little about their pixels."""
    random = np.random.default_rng(seed)
    values = np.full(shape, {"flat": seed % 256, "grey": 128}.get(kind, 255))
    if kind == "slope":
        values = values * 0 + np.arange(shape[1]).reshape(-1, *[1] * (len(shape) - 2))
    if kind == "page":
        values[3::9, 2:-2] = random.integers(0, 2, values[3::9, 2:-2].shape) * 255
    noise = 255 if kind == "noise" else seed % 3
    return (values + random.integers(-noise, noise + 1, shape)).clip(0, 255).astype(np.uint8)
