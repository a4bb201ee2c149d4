"""Where the time of a job goes: stages, one inside another, every second counted once."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STARTUP = "start-up"
STAGES = (
    STARTUP,
    "decode",
    "fitting",
    "augment",
    "generator forward",
    "generator backward",
    "surrogate forward",
    "surrogate backward",
    "optimiser",
    "surrogate training",
    "self-check",
    "export",
    "fidelity",
    "verify",
)
"""What a job's time is divided into. ``start-up`` is a command's time before the job (libraries, options), ``decode``
reads images from files or the cache, ``fitting`` is what a method does that no other stage names (patterns without a
surrogate), ``augment`` the learner's crop and flip, ``surrogate training`` everything that trains surrogates,
``self-check`` the learners of a release's own check, ``export`` everything that writes, ``fidelity`` measures how
visible the change is."""
OTHER = "other"


class Profile:
    """Counts the seconds of each of :data:`STAGES`, and all others as ``other``.

    A stage inside another stops the outer one's clock, so that the seconds always add up to the time that has passed.
    Stages are entered from one thread; what other threads do counts for the stage that waits for them.

    Args:
        settle: called before each reading of the clock; waits until a device has done what it was given.
        clock: seconds from any start.
        since: the clock's time at which the command began; what has passed is ``start-up``. None begins now.
    """

    def __init__(
        self,
        settle: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.perf_counter,
        since: float | None = None,
    ) -> None:
        self._settle = settle
        self._clock = clock
        self._spent = dict.fromkeys((*STAGES, OTHER), 0.0)
        self._open = [OTHER]
        self._since = clock()
        if since is not None:
            self._spent[STARTUP] = self._since - since

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside as ``name``, one of :data:`STAGES`."""
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def seconds(self) -> dict[str, float]:
        """Seconds of every stage until now; their sum is the time since the profile, or the command, began."""
        self._turn()
        return dict(self._spent)

    def _turn(self) -> None:
        """Charge what has passed since the last turn to the innermost stage."""
        if self._settle is not None:
            self._settle()
        now = self._clock()
        self._spent[self._open[-1]] += now - self._since
        self._since = now
