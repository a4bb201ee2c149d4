"""``cache``: what is kept of decoded images, and its deletion. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtlue.data.options import DataOptions

if TYPE_CHECKING:
    from mtlue.arrays.upkeep import Kept


@dataclass(frozen=True)
class CacheRequest:
    """Look at the cache, or empty it.

    Args:
        cache: its folder; None for the usual one.
        clear: whether everything in it is deleted. What another process is using stays.
    """

    cache: Path | None = None
    clear: bool = False


@dataclass(frozen=True)
class CacheResult:
    """What the cache holds.

    Attributes:
        folder: of the cache.
        kept: what it holds now, the largest first.
        deleted: what was deleted.
    """

    folder: Path
    kept: tuple[Kept, ...]
    deleted: tuple[Kept, ...]


def run_cache(request: CacheRequest) -> CacheResult:
    """List the cache, or delete what it holds.

    Raises:
        OutputError: something cannot be deleted.
    """
    from mtlue.arrays.upkeep import delete, kept_in

    folder = DataOptions(cache=request.cache).cache_folder()
    assert folder is not None
    kept = kept_in(folder)
    deleted = [one for one in kept if request.clear and delete(one)]
    return CacheResult(folder, tuple(one for one in kept if one not in deleted), tuple(deleted))
