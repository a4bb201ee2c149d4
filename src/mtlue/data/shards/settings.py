"""What can be set of the sources ``shards`` and ``remote-shards``. Imports nothing heavy, as ``--help`` shows it."""

from dataclasses import dataclass

from mtlue.registry import Settings


@dataclass(frozen=True)
class ShardSettings(Settings):
    """Which shards are read.

    Args:
        pattern: which files below the folder are shards, as in data/train-*.parquet; by default all .parquet and .tar.
    """

    pattern: str = ""


@dataclass(frozen=True)
class RemoteShardSettings(ShardSettings):
    """Which shards are read, and from where.

    Args:
        root: where they lie, as fsspec names it: s3://bucket/data, gs://..., https://..., with the package for it
            (s3fs, gcsfs, aiohttp), which finds your credentials itself.
    """

    root: str = ""
