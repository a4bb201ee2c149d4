"""What was skipped and what was noticed while a dataset was read, for the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.filesize import decimal

from mtlue.cli.parsing.flags import flag
from mtlue.cli.terminal.console import err, out
from mtlue.data.listing import FileNote, Skipped
from mtlue.errors import spoken
from mtlue.release.layout import OutputFolder
from mtlue.wording import counted

if TYPE_CHECKING:
    from mtlue.data.loading import Collection

_MUCH = 10_000_000
"""Bytes of the cache from which it is mentioned."""
_ALIKE = 3
"""Files that are named one by one where the same is to be said of them."""


def print_note(text: str) -> None:
    """One line that the user should read."""
    err.print(f"note: {spoken(text, flag)}")


def print_places(folder: OutputFolder, store: str | None) -> None:
    """What may be published, and what never.

    Args:
        folder: that was written.
        store: address of the folder that has the release, where the other has not all of it.
    """
    out.print(f"publish: {store or folder.release.path}", soft_wrap=True)
    out.print(f"keep to yourself: {folder.private.path}", soft_wrap=True)


def print_account(
    skipped: Sequence[Skipped], notes: Sequence[str], listed: int = 10, rest: str = ", listed in private/training.json"
) -> None:
    """What was skipped and why, and what the owner should know.

    Args:
        skipped: files and rows.
        notes: in full sentences.
        listed: how many of each are shown.
        rest: where the others are listed.
    """
    if skipped:  # first: it may be why what the notes say came about
        count = counted(len(skipped), "file or row", "files or rows")
        err.print(f"skipped {count} (the others are used; fix those that should be used as well):")
        for item in _varied(skipped, listed):
            err.print(f"  {spoken(item.name, flag)}: {spoken(item.reason, flag)}")
        if len(skipped) > listed:
            err.print(f"  and {len(skipped) - listed} more{rest}")
    shown = _gathered(notes, rest)
    for note in shown[:listed]:
        print_note(note)
    if len(shown) > listed:
        err.print(f"note: {len(shown) - listed} more{rest}")


def print_cached(collection: Collection) -> None:
    """How much of the disk the decoded images take, and where, unless it is hardly anything."""
    if collection.cached_bytes >= _MUCH:
        err.print(
            f"decoded images are kept for later commands: {decimal(collection.cached_bytes)} in {collection.cache} "
            "(mtlue cache shows and clears it)"
        )


def _varied(skipped: Sequence[Skipped], count: int) -> Sequence[Skipped]:
    """``count`` of what was skipped: the first of every reason before the second of any."""
    if len(skipped) <= count:
        return skipped
    counts = Counter[str]()
    ranks = []
    for item in skipped:
        ranks.append(counts[item.reason])
        counts[item.reason] += 1
    return [skipped[i] for i in sorted(range(len(skipped)), key=ranks.__getitem__)[:count]]


def _gathered(notes: Sequence[str], rest: str) -> list[str]:
    """The notes, those that say the same of more than three files as one; ``rest`` as in :func:`print_account`."""
    files: dict[str, list[str]] = {}
    for note in notes:
        if isinstance(note, FileNote):
            files.setdefault(note.text, []).append(note.file)
    several = {text: names for text, names in files.items() if len(names) > _ALIKE}
    alone = [note for note in notes if not (isinstance(note, FileNote) and note.text in several)]
    gathered = (f"{names[0]} and {len(names) - 1} more files{rest}: {text}" for text, names in several.items())
    return [*gathered, *alone]
