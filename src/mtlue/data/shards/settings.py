"""What can be set of the source ``shards``. Imports nothing heavy, as ``--help`` shows it."""

from dataclasses import dataclass

from mtlue.registry import Settings


@dataclass(frozen=True)
class ShardSettings(Settings):
    """Which shards are read.

    Args:
        pattern: which files below the folder are shards, as in data/train-*.parquet; by default all .parquet and .tar.
    """

    pattern: str = ""
