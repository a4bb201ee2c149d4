"""Files that a table names differently: in other capitals or another Unicode form, without suffix, without folder."""

import posixpath
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote

from mtlue.errors import param

_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://|[a-zA-Z]:/|/")
"""How an address begins, or a path on the machine where a table was written."""


class FileIndex:
    """The files below a folder, found by what people write instead of whole paths.

    Args:
        files: paths below the folder.
        folder: its own name, which a table may begin paths with.
    """

    def __init__(self, files: Sequence[str], folder: str = "") -> None:
        self._folder = _plain(folder)
        self._places: list[dict[str, list[str]]] = []
        for spelling in _SPELLINGS:
            places = defaultdict(list)
            for file in files:
                places[_plain(spelling(file))].append(file)
            self._places.append(dict(places))

    def find(self, name: str) -> tuple[str | None, str]:
        """(path, "") of the one file that ``name`` can mean; (None, "") where none is, (None, why) for several.

        Of an address, or a path on another machine, the longest end that is the name of a file counts.
        """
        whole = name.strip().replace("\\", "/")
        path, why = self._find(whole)
        if path or why or ".." in whole.split("/"):
            return path, why
        for end in self._ends(whole):
            path, why = self._find(end)
            if path or why:
                return path, why
        return None, ""

    def also_tried(self, name: str) -> str:
        """What a name was looked for as besides itself, where it begins with the folder's own name; "" elsewhere."""
        first, _, rest = name.strip().replace("\\", "/").partition("/")
        return rest if rest and _plain(first) == self._folder else ""

    def _ends(self, whole: str) -> Iterator[str]:
        address = "://" in whole
        plain = unquote(re.split("[?#]", whole)[0]) if address else whole
        parts = [part for part in plain.split("/") if part not in ("", ".")]
        if _ELSEWHERE.match(whole) or (parts and _plain(parts[0]) == self._folder):
            first = 2 if address else 1
            yield from ("/".join(parts[start:]) for start in range(first, len(parts)))

    def _find(self, name: str) -> tuple[str | None, str]:
        plain = _plain(posixpath.normpath(name))
        for places in self._places:
            files = places.get(plain, [])
            if len(files) > 1:
                return None, (
                    f"it may be {' or '.join(files[:3])}: write the whole path, or point {param('data')} at one folder"
                )
            if files:
                return files[0], ""
        return None, ""


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    lambda file: str(PurePosixPath(file).with_suffix("")),
    lambda file: PurePosixPath(file).name,
    lambda file: PurePosixPath(file).stem,
)
