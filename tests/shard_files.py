"""Shards as other programs write them: Parquet with the images inside, and WebDataset tars."""

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

KINDS = ("cat", "dog", "cow")
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def noise(seed: int, size: tuple[int, int] = (17, 23), grey: bool = False) -> NDArray[np.uint8]:
    """The pixels of :func:`png`."""
    shape = size if grey else (*size, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def png(seed: int, size: tuple[int, int] = (17, 23), grey: bool = False) -> bytes:
    """An image of noise; ``size`` is (H, W)."""
    stream = io.BytesIO()
    Image.fromarray(noise(seed, size, grey)).save(stream, "PNG")
    return stream.getvalue()


def labels_of(number: int) -> dict[str, Any]:
    """The labels of image ``number``."""
    return {"id": f"i{number}", "kind": KINDS[number % 3], "tone": ["dark", "light"][number % 2]}


def write_tar(path: Path, members: Sequence[tuple[str, bytes]]) -> Path:
    """A tar of members in this order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def samples(numbers: Sequence[int], **image: Any) -> list[tuple[str, bytes]]:
    """The members of images with their labels as JSON."""
    return [
        (f"{number:05d}{suffix}", content)
        for number in numbers
        for suffix, content in ((".png", png(number, **image)), (".json", json.dumps(labels_of(number)).encode()))
    ]


def write_tars(path: Path, numbers: Sequence[int], **image: Any) -> Path:
    """A WebDataset shard of these images."""
    return write_tar(path, samples(numbers, **image))


def write_parquet(path: Path, numbers: Sequence[int], **image: Any) -> Path:
    """A Parquet shard of these images."""
    columns = {name: [labels_of(number)[name] for number in numbers] for name in labels_of(0)}
    images = [{"bytes": png(number, **image), "path": f"{number}.png"} for number in numbers]
    return write_columns(path, {"image": pa.array(images, IMAGE), **columns})


def write_columns(path: Path, columns: Mapping[str, Any]) -> Path:
    """A Parquet file of these columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, row_group_size=4)
    return path


WRITERS = {".parquet": write_parquet, ".tar": write_tars}
