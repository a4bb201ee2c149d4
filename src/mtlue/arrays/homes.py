"""Which store of the cache a folder's files lie in: its own, or that of a folder with the same files.

A copy of a folder is not known by names, lengths and dates, which folders of different images may share (uncompressed
images of one size, copied on one day): it is known by hashes of a few files' contents. They only choose the store: of
every file the whole contents are hashed before it shares another one's row (:mod:`mtlue.arrays.filling`).
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import PIL

from mtlue.arrays.entries import Files, folder_digest
from mtlue.arrays.shelf import share_held
from mtlue.arrays.upkeep import ABOUT, About, about_of, stores_in, unpacked_from
from mtlue.files import write_json
from mtlue.visible import visible

VERSION = 9
"""Raise it whenever a file would be decoded to other numbers, or with other notes."""
_SAMPLE = 16
"""Files whose contents are compared with those of other stores."""
_MOST = 0.5
"""Share of them that a store must hold."""


class Homes:
    """The stores of a cache that hold files read in one way.

    Args:
        cache: folder of all stores.
        reading: how files are read, as JSON.
    """

    def __init__(self, cache: Path, reading: Any) -> None:
        self._cache = cache
        self._reading = json.dumps([VERSION, PIL.__version__, reading])
        self._name = _name(self._reading)

    def of(self, root: Path, files: Files) -> Path:
        """The store of a folder's files."""
        own, key = self._cache / _name(f"{self._reading} {folder_digest(root).hex()}"), folder_digest(root).hex()
        if files.digest is None or own.is_dir():
            return own
        others = [(path, about) for path, about in stores_in(self._cache) if about.reading == self._name]
        known = next((path for path, about in others if key in about.roots), None)
        return known or _alike([path for path, _ in others], files) or own

    def say_whose(self, store: Path, root: Path) -> None:
        """Write into a store, which is locked, whose files it holds: for :meth:`of`, and for ``mtlue cache``."""
        about, key = about_of(store) or About("", self._name), folder_digest(root).hex()
        if key in about.roots:
            return
        source = unpacked_from(root) or visible(str(root.resolve()))
        words = f"{about.folder}; {source}" if about.folder else source
        write_json(store / ABOUT, {"folder": words, "reading": self._name, "roots": [*about.roots, key]})


def _alike(stores: list[Path], files: Files) -> Path | None:
    """The store that holds most of a few files; None where none does."""
    if not stores or not files.count or files.digest is None:
        return None
    step = max(1, files.count // _SAMPLE)
    digests = [*filter(None, map(files.digest, range(0, files.count, step)[:_SAMPLE]))]
    shares = {store: share_held(store, digests) for store in stores} if digests else {}
    best = max(shares, key=lambda store: shares[store], default=None)
    return best if best is not None and shares[best] > _MOST else None


def _name(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]
