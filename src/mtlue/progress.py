"""Where a long job reports to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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


def steps_left(done: int, total: int, at: float, elapsed: float) -> float:
    """Seconds that are left of steps that take about as long as each other.

    The step at hand may take longer than those before it: once it does, those after it are expected to as well, as far
    as the mean of all says.

    Args:
        done: how many have ended, one at least.
        total: how many there are.
        at: seconds from the first step's beginning to the end of the last one that has ended.
        elapsed: seconds from the first step's beginning until now.

    >>> steps_left(1, 4, 10.0, 15.0), steps_left(1, 4, 10.0, 20.0), steps_left(1, 4, 10.0, 50.0)
    (25.0, 20.0, 50.0)
    """
    each, left, running = at / done, total - done, elapsed - at
    if running <= each:
        return max(each * left - running, 0.0)
    return max(elapsed / (done + 1) * (left - 1), 0.0)


class Silent:
    """The library's default: reports nothing."""

    def track(
        self, steps: Iterable[T], description: str, total: int | None = None, time_left: bool = True
    ) -> Iterator[T]:
        return iter(steps)

    def note(self, text: str) -> None:
        return None


@dataclass(frozen=True)
class ProgressOf:
    """Another's progress, where the same is done of several things: each description says of which.

    Attributes:
        progress: what is reported to.
        name: of the thing.
    """

    progress: Progress
    name: str

    def track(
        self, steps: Iterable[T], description: str, total: int | None = None, time_left: bool = True
    ) -> Iterator[T]:
        return self.progress.track(steps, f"{description} of {self.name}", total, time_left)

    def note(self, text: str) -> None:
        self.progress.note(text)
