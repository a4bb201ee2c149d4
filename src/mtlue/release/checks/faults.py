"""What is wrong with a release, and what to do about each kind of fault."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from mtlue.errors import VerificationError, param

_NAMED = 5
"""Faults of a kind that are named one by one."""


class Remedy(StrEnum):
    """What to do about a fault: a sentence without its full stop."""

    DELETE = "Delete what does not belong to the release"
    RESTORE = "Do not publish it; copy the release again from where it was written, or protect again"
    PERMIT = "Change their permissions, or copy the release from where it was written"
    PROTECT = "Do not publish it; protect again"
    WITHOUT = f"Do not publish it; protect again without this task ({param('tasks')})"
    CLEAN = (
        f"Give the images that were protected, as they were then ({param('dataset')}, {param('data')}); if these are "
        "the ones, do not publish it; protect again"
    )
    AGAIN = "Run verify again once nothing else writes to the folder"


class ReleaseError(Exception):
    """One thing that is wrong: what it is, with the file's name, and the remedy."""

    def __init__(self, text: str, remedy: Remedy = Remedy.RESTORE) -> None:
        super().__init__(text)
        self.remedy = remedy


def raise_any(release: Path, faults: Iterable[ReleaseError | None]) -> None:
    """Raise one error that names the faults and their remedies, unless there are none.

    Raises:
        VerificationError: there are some.
    """
    by_remedy: dict[Remedy, list[str]] = {}
    for fault in faults:
        if fault is not None:
            by_remedy.setdefault(fault.remedy, []).append(str(fault))
    if by_remedy:
        sentences = " ".join(f"{_listed(texts)}. {remedy}." for remedy, texts in by_remedy.items())
        raise VerificationError(f"{release} failed the check: {sentences}")


def _listed(texts: list[str]) -> str:
    more = f" (and {len(texts) - _NAMED} more)" if len(texts) > _NAMED else ""
    return "; ".join(texts[:_NAMED]) + more
