"""Files that a table calls by another name than they have: other capitals or Unicode form, no suffix, no folder."""

import posixpath
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath


class FileIndex:
    """The files below a folder by what people write instead of their whole paths."""

    def __init__(self, files: Sequence[str]) -> None:
        self._places: list[dict[str, list[str]]] = []
        for spelling in _SPELLINGS:
            places = defaultdict(list)
            for file in files:
                places[_plain(spelling(file))].append(file)
            self._places.append(dict(places))

    def find(self, name: str) -> tuple[str | None, str]:
        """(path, "") of the one file that ``name`` can mean; (None, "") where none is, (None, why) for several."""
        plain = _plain(posixpath.normpath(name.strip().replace("\\", "/")))
        for places in self._places:
            files = places.get(plain, [])
            if len(files) > 1:
                return None, f"it may be {' or '.join(files[:3])}: write the whole path, or point --data at one folder"
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
