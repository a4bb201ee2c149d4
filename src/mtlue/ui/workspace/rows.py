"""What a stage writes down: the events of its journal, and how far the step at hand is, as they are read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Required, TypedDict, cast

import msgspec

from mtlue.structured import typed

_LATEST = 32503680000
"""Seconds since 1970 until the year 3000: the dates of later ones cannot be told on every system."""
Moment = Annotated[float, msgspec.Meta(ge=0, le=_LATEST)]
"""In seconds since 1970."""
Seconds = Annotated[float, msgspec.Meta(ge=-_LATEST, le=_LATEST)]
"""Of what can be told in words."""


class Row(TypedDict, total=False):
    """An event. Which kinds have which keys, :func:`mtlue.ui.wording.sentences.told` says; there may be others."""

    event: Required[str]
    at: Required[Moment]
    text: str
    warns: bool
    process: Annotated[int, msgspec.Meta(ge=1, lt=2**31)]
    ways: list[dict[str, str]]
    outcome: str
    writing: Seconds
    attack: str
    attacks: dict[str, Seconds]
    seconds_left: Seconds
    until: Moment | None
    images: int
    splits: str
    largest_change: float
    size: str
    source_size: str | None
    pixels: str
    source_pixels: str


class _Started(TypedDict):
    process: int


class _Failed(TypedDict):
    text: str


class _ReleaseWritten(TypedDict):
    images: int
    splits: str
    largest_change: float
    size: str


_NEEDED = {"started": _Started, "failed": _Failed, "ReleaseWritten": _ReleaseWritten}
"""Kind of event -> what is read of every one of them."""


def row_of(values: Any) -> Row | None:
    """What a line of a journal holds; None where it is no event.

    Raises:
        ValueError: something of it is not of its type, or missing.
    """
    if not isinstance(values, dict) or not {"event", "at"} <= values.keys():
        return None
    row = typed(values, Row, exact=False)
    typed(values, _NEEDED.get(row["event"], Row), exact=False)
    return cast(Row, values)  # with what earlier versions wrote besides


@dataclass(frozen=True)
class StepProgress:
    """How far the step at hand is.

    Attributes:
        step: its name.
        done, total: of its own steps; None where nobody knows how many there are.
        started: when it began; None of a stage that has not come to a step.
        at: when this was written.
        time_left: whether its own steps tell how long it still takes.
        finished: first word of a step's name -> how many such steps have ended, and the seconds that they took.
    """

    step: str = "starting"
    done: int = 0
    total: int | None = None
    started: Moment | None = None
    at: Moment = 0.0
    time_left: bool = True
    finished: Mapping[str, tuple[int, Seconds]] = field(default_factory=dict)
