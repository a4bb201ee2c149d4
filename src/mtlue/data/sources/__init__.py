"""Layouts by name. Adding one: a file next to these (or in a package of your own), a row here and a row in its test.

Imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtlue.data.shards.settings import RemoteShardSettings, ShardSettings
from mtlue.errors import InputError
from mtlue.registry import Registry, Row, Settings

if TYPE_CHECKING:
    from mtlue.data.listing import Source


def _row(path: str, settings: type[Settings] = Settings) -> Row[Source]:
    return Row(f"mtlue.data.{path}", settings)


_EMBEDDED = {
    "digits": _row("embedded.digits:read_digits"),
    "scenes": _row("embedded.scenes:read_scenes"),
}
_PUBLISHED = {
    "celeba": _row("sources.celeba:CelebA"),
    "chestxray14": _row("sources.chestxray14:ChestXray14"),
    "utkface": _row("sources.utkface:UTKFace"),
    "nyuv2": _row("sources.nyuv2:NYUv2"),
}
_LAYOUTS = {
    "table": _row("sources.table:Table"),
    "imagefolder": _row("sources.imagefolder:ImageFolder"),
    "filenames": _row("sources.filenames:FileNames"),
    "shards": _row("sources.shards:Shards", ShardSettings),
}
_ELSEWHERE = {
    "remote-shards": _row("sources.remote_shards:RemoteShards", RemoteShardSettings),
}
SOURCES: Registry[Source] = Registry("dataset", "mtlue.sources", {**_EMBEDDED, **_PUBLISHED, **_LAYOUTS, **_ELSEWHERE})
EMBEDDED = frozenset(_EMBEDDED)
"""Those that come with the package: no folder is read, and no table of theirs can be wrong."""
PUBLISHED = frozenset(_PUBLISHED)
"""Those of one dataset, whose files say all by themselves (:class:`mtlue.data.sources.published.PublishedSource`)."""
FOLDERS = frozenset({**_PUBLISHED, **_LAYOUTS})
"""Those that need a folder."""
ANYONES = frozenset({**_LAYOUTS, **_ELSEWHERE})
"""Those that say how images lie, and not which they are."""


def source_of(dataset: str) -> Source:
    """The source that ``--dataset`` names, with its settings: ``digits``, ``shards:pattern=*.tar``.

    A row is a function, or a class that is made of its settings (none where its ``Settings`` has no fields).

    Raises:
        InputError: no source has this name, it has no such setting, or it cannot be imported or made.
    """
    choice = SOURCES.choice(dataset)
    loaded = SOURCES.load(choice.name)
    if not isinstance(loaded, type):
        return loaded  # type: ignore[no-any-return]
    try:
        return loaded(choice.settings) if type(choice.settings) is not Settings else loaded()  # type: ignore[no-any-return]
    except TypeError as error:
        raise InputError(f"dataset '{choice.name}' cannot be made: {error}") from error
