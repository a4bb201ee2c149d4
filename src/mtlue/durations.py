"""Durations as people write and read them. Imports nothing heavy."""

import re

from mtlue.errors import InputError, param

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
_WRITTEN = re.compile(r"(?:\d+(?:\.\d+)?[smh])+")
_PART = re.compile(r"([\d.]+)([smh])")


def read_duration(text: str, name: str) -> float:
    """Seconds of ``90s``, ``20m``, ``1.5h`` or ``1h30m``.

    >>> read_duration("1h30m", "budget")
    5400.0

    Args:
        text: one or more numbers, each with its unit.
        name: of the option, for the message.

    Raises:
        InputError: it is not a duration, or one of no length.
    """
    written = text.strip().lower()
    seconds = 0.0
    if _WRITTEN.fullmatch(written):
        seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(written))
    if not seconds > 0:
        raise InputError(f"{param(name)} {text}: give a time above 0 with its unit, as in 90s, 20m, 2h or 1h30m")
    return seconds


def duration(seconds: float) -> str:
    """``40 s``, ``12 min``, ``3.5 h`` or ``12 days``.

    >>> duration(5400)
    '1.5 h'
    """
    for unit, length, digits in (("days", 172800, 86400), ("h", 5400, 3600), ("min", 100, 60)):
        if seconds >= length:
            return f"{seconds / digits:.{0 if seconds / digits >= 10 else 1}f} {unit}"
    return f"{seconds:.0f} s"
