"""Where a long job reports to."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

T = TypeVar("T")


class Progress(Protocol):
    """Where a long job reports to. The command line passes one that draws bars."""

    def track(self, steps: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        """Yield ``steps`` one by one, reporting each."""
        ...

    def note(self, text: str) -> None:
        """One line for the reader, such as a warning; it may hold a :func:`mtlue.errors.param`."""
        ...


class Silent:
    """The library's default: reports nothing."""

    def track(self, steps: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
        return iter(steps)

    def note(self, text: str) -> None:
        return None
