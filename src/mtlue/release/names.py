"""Names of released files: which every system can hold and tell apart, and how names are shown in messages."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from mtlue.archives.names import DEVICES
from mtlue.release.layout import IMAGES

LONGEST = 255
"""Bytes of a file's name that every usual file system takes."""
_SHOWN = 200
"""Characters of a name in a message."""
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
_DANGEROUS = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")
_SPLIT_WORDS = "train|training|validation|valid|val|dev|testing|test|evaluation|eval"
_SPLIT_WORD = re.compile(rf"(?<![^-._ 0-9])({_SPLIT_WORDS})(?![^-._ 0-9])", re.IGNORECASE)
"""What Hugging Face ``datasets`` takes for a split in a path: a whole word between these characters or at an end."""
_MISLEADING = re.compile(r"""[:;'"]|^\s|\s$""")


def shown_name(name: str) -> str:
    """A name as it may stand in a message: as it is where it is plain text, else quoted and escaped."""
    short = name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
    return short if short.isprintable() and short and not _MISLEADING.search(short) else repr(short)


def quoted_text(text: str) -> str:
    """A text in quotes, escaped where it is not printable."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def alike(name: str) -> str:
    """The same text for names that Windows or macOS cannot tell apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def name_fault(name: str, folder: str) -> str | None:
    """Why a name out of a manifest must not be opened, or None.

    Args:
        name: a path with / below the release.
        folder: that it must lie in.
    """
    parts = name.split("/")
    if parts[0] != folder or len(parts) < 2 or any(part in ("", ".", "..") for part in parts):
        return f"{quoted_text(name)} lies outside {folder}/"
    if _DANGEROUS.search(name):
        return f"{quoted_text(name)} holds characters that no file of a release has in its name"
    if any(DEVICES.fullmatch(part) for part in parts):
        return f"{quoted_text(name)} is the name of a device on Windows"
    return None


def without_split_words(part: str) -> str:
    """A file's or folder's name with ``train`` as ``trainset``, and the like for every word of a split.

    ``datasets`` sorts files into splits by such words, in any folder, and then looks past the table at the top: it
    would give images without their labels, or folders' names as labels.
    """
    return _SPLIT_WORD.sub(r"\1set", part)


def portable(path: str) -> str:
    """A path with / whose every part Windows, macOS and Linux can hold: the same where they can already."""
    return "/".join(_cut_to_fit(_holdable(part)) for part in path.split("/"))


def publishable(path: str) -> str:
    """A portable path in which Hugging Face ``datasets`` sees no split: the same where it is one already."""
    return "/".join(_cut_to_fit(without_split_words(_holdable(part))) for part in path.split("/"))


def alike_names(names: Sequence[str]) -> list[str]:
    """The names that some system takes for one that came before."""
    if len(set(map(alike, names))) == len(names):
        return []
    counts = Counter(map(alike, names))
    return [name for name in names if counts[alike(name)] > 1]


def release_names(files: Sequence[str], suffix: str) -> list[str]:
    """Paths below the release for the sources' relative paths: ``images/`` before, ``suffix`` instead of their own.

    What some system cannot hold becomes ``_``, and words of splits are lengthened (``train/0.png`` to
    ``trainset/0.png``) so that Hugging Face ``datasets`` reads all images by the table, which says the split. Two
    sources that would meet in one name (also on file systems that ignore case, or how an accent is written) keep
    their own suffixes before it.
    """
    wanted = [publishable(file) for file in files]
    plain = [publishable(str(PurePosixPath(name).with_suffix(suffix))) for name in wanted]
    taken = Counter(map(alike, plain))
    names: list[str] = []
    used = {alike(str(parent)) for name in wanted for parent in PurePosixPath(name).parents}  # folders keep their names
    for name, short in zip(wanted, plain, strict=True):
        alone = taken[alike(short)] == 1 and alike(short) not in used
        unique = short if alone else publishable(f"{name}{suffix}")
        while alike(unique) in used:
            unique = publishable(f"{unique.removesuffix(suffix)}_{suffix}")
        used.add(alike(unique))
        names.append(f"{IMAGES}/{unique}")
    return names


def _holdable(part: str) -> str:
    plain = _FORBIDDEN.sub("_", part)
    plain = re.sub(r"[. ]+\Z", lambda end: "_" * len(end[0]), plain)
    if DEVICES.fullmatch(plain):
        stem, dot, suffixes = plain.partition(".")
        plain = f"{stem.rstrip()}_{dot}{suffixes}"
    return plain


def _cut_to_fit(part: str) -> str:
    return part if len(part.encode()) <= LONGEST else _cut(part)


def _cut(part: str) -> str:
    """A shorter name that no other part is cut to."""
    suffix = PurePosixPath(part).suffix
    suffix = suffix if len(suffix.encode()) <= 16 else ""
    mark = f"~{hashlib.sha256(part.encode()).hexdigest()[:8]}{suffix}"
    stem = part.removesuffix(suffix).encode()[: LONGEST - len(mark.encode())].decode(errors="ignore")
    return stem.rstrip(". ") + mark
