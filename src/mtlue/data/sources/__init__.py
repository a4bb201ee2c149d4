"""Layouts by name. Adding one: a file next to these (or in a package of your own), a row here and a row in its test.

Imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtlue.data.options import EMBEDDED
from mtlue.data.shards.settings import RemoteShardSettings, ShardSettings
from mtlue.registry import Registry, Row, Settings

if TYPE_CHECKING:
    from mtlue.data.listing import Source


def _row(path: str) -> Row[Source]:
    return Row(f"mtlue.data.{path}", Settings)


_EMBEDDED = {name: _row(f"embedded.{name}:read_{name}") for name in EMBEDDED}
_OF_FOLDERS = {
    "celeba": _row("sources.celeba:read_celeba"),
    "chestxray14": _row("sources.chestxray14:read_chestxray14"),
    "utkface": _row("sources.utkface:read_utkface"),
    "nyuv2": _row("sources.nyuv2:read_nyuv2"),
    "table": _row("sources.table:Table"),
    "imagefolder": _row("sources.imagefolder:ImageFolder"),
    "filenames": _row("sources.filenames:FileNames"),
    "shards": Row("mtlue.data.sources.shards:Shards", ShardSettings),
}
_ELSEWHERE: dict[str, Row[Source]] = {
    "remote-shards": Row("mtlue.data.sources.remote_shards:RemoteShards", RemoteShardSettings)
}
SOURCES: Registry[Source] = Registry("dataset", "mtlue.sources", {**_EMBEDDED, **_OF_FOLDERS, **_ELSEWHERE})
FOLDERS = frozenset(_OF_FOLDERS)
"""Those that need a folder."""


def source_of(dataset: str) -> Source:
    """The source that ``--dataset`` names, with its settings: ``digits``, ``shards:pattern=*.tar``.

    A row is a function, or a class that is made of its settings (none where its ``Settings`` has no fields).

    Raises:
        InputError: no source has this name, it has no such setting, or it cannot be imported.
    """
    choice = SOURCES.choice(dataset)
    loaded = SOURCES.load(choice.name)
    if not isinstance(loaded, type):
        return loaded  # type: ignore[no-any-return]
    return loaded(choice.settings) if type(choice.settings) is not Settings else loaded()  # type: ignore[no-any-return]
