"""A source of another package: images and labels in tar shards, a ``.json`` of labels beside each image.

It is what someone writes who has only ``docs/``: one file, registered by the decorator, with a setting of its own.
"""

import json
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mtlue.data.files.folders import require_folder
from mtlue.data.options import DataOptions
from mtlue.data.rows.reading import RowSource
from mtlue.data.rows.rows import FILE, ROW, Rows
from mtlue.data.sources import SOURCES
from mtlue.errors import InputError
from mtlue.registry import Settings


@dataclass(frozen=True)
class ShardSettings(Settings):
    """What can be set.

    Args:
        pattern: which files of the folder are shards.
    """

    pattern: str = "*.tar"


@SOURCES.register("shards")
class Shards(RowSource):
    """The source ``shards``."""

    Settings = ShardSettings

    def __init__(self, settings: ShardSettings) -> None:
        self._pattern = settings.pattern

    def rows(self, options: DataOptions, read_labels: bool) -> Rows:
        folder = require_folder(options)
        shards = sorted(folder.glob(self._pattern))
        if not shards:
            raise InputError(f"no file of {folder} fits '{self._pattern}': name the shards, shards:pattern=*.tar")
        root = Path(tempfile.mkdtemp(prefix="shards-"))
        rows = [row for shard in shards for row in _unpack(shard, root)]
        frame = pd.DataFrame(rows, dtype=object)
        return Rows(frame.where(frame.notna(), None), root, str(folder))


def _unpack(shard: Path, root: Path) -> list[dict[str, str]]:
    """Write a shard's images into a folder of its own; its rows of labels."""
    with tarfile.open(shard) as archive:
        archive.extractall(root / shard.stem, filter="data")
    rows = []
    for labels in sorted((root / shard.stem).glob("*.json")):
        image = f"{shard.stem}/{labels.stem}.png"
        rows.append({**json.loads(labels.read_text()), FILE: image, ROW: f"{labels.stem} of {shard.name}"})
    return rows
