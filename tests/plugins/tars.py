"""A source of another package: images and labels in tar shards, a ``.json`` of labels beside each image.

It is what someone writes who has only ``docs/``: one file, registered by the decorator, with a setting of its own.
"""

import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mtlue.data.files.folders import require_folder
from mtlue.data.files.unpacking import unpacked
from mtlue.data.options import DataOptions
from mtlue.data.rows.reading import RowSource
from mtlue.data.rows.rows import FILE, ROW, Rows
from mtlue.data.sources import SOURCES
from mtlue.errors import InputError
from mtlue.registry import Settings


@dataclass(frozen=True)
class TarSettings(Settings):
    """What can be set.

    Args:
        pattern: which files of the folder are shards.
    """

    pattern: str = "*.tar"


@SOURCES.register("tars")
class Tars(RowSource):
    """The source ``tars``."""

    Settings = TarSettings

    def __init__(self, settings: TarSettings) -> None:
        self._pattern = settings.pattern

    def rows(self, options: DataOptions, read_labels: bool) -> Rows:
        folder = require_folder(options)
        shards = sorted(folder.glob(self._pattern))
        if not shards:
            raise InputError(f"no file of {folder} fits '{self._pattern}': name the shards, tars:pattern=*.tar")
        images = unpacked("tars", shards, lambda root: _extract(shards, root), options.cache_folder())
        frame = pd.DataFrame([row for shard in shards for row in _labelled(shard, images.root)], dtype=object)
        note = images.note(f"{len(frame)} images of {len(shards)} shards")
        return Rows(frame.where(frame.notna(), None), images.root, str(folder), notes=[note])


def _extract(shards: Sequence[Path], root: Path) -> None:
    for shard in shards:
        try:
            with tarfile.open(shard) as archive:
                archive.extractall(root / shard.stem, filter="data")
        except tarfile.TarError as error:
            raise InputError(f"{shard} cannot be unpacked: {error}") from error


def _labelled(shard: Path, root: Path) -> Iterator[dict[str, str]]:
    """A shard's rows of labels, each with its image."""
    for labels in sorted((root / shard.stem).glob("*.json")):
        image = f"{shard.stem}/{labels.stem}.png"
        yield {**json.loads(labels.read_text()), FILE: image, ROW: f"{labels.stem} of {shard.name}"}
