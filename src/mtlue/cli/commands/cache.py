"""``mtlue cache``: show how much the cache of decoded images takes, and clear it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich import box
from rich.filesize import decimal
from rich.table import Table

from mtlue.arrays.upkeep import Kept, by_folder
from mtlue.cli.parsing.options import Parser
from mtlue.cli.terminal.console import out, say_next
from mtlue.jobs.cache import CacheRequest, run_cache


@dataclass(frozen=True)
class CacheOptions:
    """Which cache, and whether it is emptied.

    Args:
        cache: its folder; by default $MTLUE_CACHE, else the user's cache folder.
        clear: delete all that it holds, except what another command is using; images are then decoded again when they
            are next needed.
    """

    cache: Path | None = None
    clear: bool = False


def run(arguments: Sequence[str]) -> int:
    options = Parser("cache", __doc__ or "", CacheOptions).parse(arguments)[CacheOptions]
    result = run_cache(CacheRequest(options.cache, options.clear))
    if result.deleted:
        out.print(f"deleted {_size(result.deleted)} in {result.folder}", soft_wrap=True)
    if result.kept:
        out.print(_table(result.kept))
    held = f"{_size(result.kept)} of decoded images" if result.kept else "nothing"
    why = ", in use by another process: left alone" if options.clear and result.kept else ""
    out.print(f"{result.folder} holds {held}{why}")
    if result.kept and not options.clear:
        say_next("mtlue cache --clear deletes them; they are decoded again when they are next needed")
    return 0


def _size(kept: Sequence[Kept]) -> str:
    return decimal(sum(one.size for one in kept))


def _table(kept: Sequence[Kept]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("images of", overflow="fold")
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("last written", no_wrap=True)
    for one in by_folder(kept):
        day = f"{datetime.fromtimestamp(one.used).astimezone():%Y-%m-%d}"
        table.add_row(one.source or str(one.path), decimal(one.size), day)
    return table
