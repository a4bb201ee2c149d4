"""A training that diverged is refused: what it leaves looks like a model that learned nothing."""

import math
from collections.abc import Iterable

from mtlue.errors import InputError

LEAVE_OUT = "leave out what needs it, or try another seed"
"""What remains where an attacker's own network diverged."""


def refuse_divergence(trained: str, what: str, values: Iterable[float], remedy: str) -> None:
    """Refuse a training whose losses are not all finite.

    Args:
        trained: whose it is, as in ``the generator's``.
        what: the values are.
        values: of any part of the training.
        remedy: what its user can do about it.

    Raises:
        InputError: one of them is NaN or infinite.
    """
    bad = next((value for value in values if not math.isfinite(value)), None)
    if bad is not None:
        raise InputError(f"{trained} training diverged: its {what} is {bad:g}; {remedy}")
