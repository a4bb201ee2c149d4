"""Where a long job reports to."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Where a long job reports to. The command line passes one that draws bars."""

    def track(
        self, steps: Iterable[T], description: str, total: int | None = None, time_left: bool = True
    ) -> Iterator[T]:
        """Yield ``steps`` one by one, reporting each.

        Args:
            steps: what is done.
            description: of all of them, in a few words.
            total: how many there are; None where that is not known.
            time_left: whether the steps so far tell how long the others will take; False where a step may take many
                times as long as another, or the caller says how long.
        """
        ...

    def note(self, text: str) -> None:
        """One line for the reader, such as a warning; it may hold a :func:`mtlue.errors.param`."""
        ...


class Silent:
    """The library's default: reports nothing."""

    def track(
        self, steps: Iterable[T], description: str, total: int | None = None, time_left: bool = True
    ) -> Iterator[T]:
        return iter(steps)

    def note(self, text: str) -> None:
        return None
