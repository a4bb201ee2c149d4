"""The drawings of an audit's page, as numbers for its SVG: bars by attack, and attacks by tasks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mtlue.evaluation.recoveries.recovery import Recovery
from mtlue.report.audits.rows import AttackRow, MatrixColumn
from mtlue.report.audits.texts import value_text, why
from mtlue.report.tables.cells import NO_VALUE
from mtlue.visible import visible

FARTHEST = 1.5
"""Recovery at which the longest bar ends: a value far beyond the clean learner's says no more than that."""
_STEP = 0.25
CELL = (46, 26)
"""Pixels of a cell, wide and high."""
_LETTERS, _LETTER = 20, 7
"""Letters of a name in a drawing (the table has all of it), and pixels of each at most."""


@dataclass(frozen=True)
class Bar:
    """One attack: what comes back of the task of which most does. Lengths are CSS percentages of the drawing.

    Attributes:
        row: the attack.
        one: the recovery that is drawn.
        length: of the bar.
        spread: where the standard deviation over seeds begins and ends; None for one seed.
        own: where the attacker's own clean images alone lead; None where there are none.
    """

    row: AttackRow
    one: Recovery
    length: str
    spread: tuple[str, str] | None
    own: str | None


@dataclass(frozen=True)
class Bars:
    """A chart of bars.

    Attributes:
        bars: the longest first.
        ticks: recovery -> its place.
    """

    bars: list[Bar]
    ticks: dict[str, str]


def bars(rows: Sequence[AttackRow]) -> Bars:
    """The attacks of which something can be said, in the order of the rows."""
    found = [(row, row.worst) for row in rows if row.worst is not None]
    farthest = max((min(FARTHEST, _highest(one)) for _, one in found), default=1.0)
    end = max(1.0, math.ceil(farthest / _STEP) * _STEP)
    count = round(end / _STEP)
    return Bars(
        [_bar(row, one, end) for row, one in found],
        {f"{_STEP * place:g}": _place(_STEP * place, end) for place in range(count + 1)},
    )


def _highest(one: Recovery) -> float:
    return one.value if math.isnan(one.std) else one.value + one.std


def _bar(row: AttackRow, one: Recovery, end: float) -> Bar:
    spread = None
    if not math.isnan(one.std):
        spread = _place(one.value - one.std, end), _place(one.value + one.std, end)
    return Bar(row, one, _place(one.value, end), spread, None if one.control is None else _place(one.control, end))


def _place(value: float, end: float) -> str:
    return f"{100 * min(max(value / end, 0.0), 1.0):.1f}%"


@dataclass(frozen=True)
class Cell:
    """One recovery in the drawing of attacks by tasks.

    Attributes:
        text: its value, or a dash.
        heat: how much of the colour it has, in CSS; "0%" where there is no value.
        why: its scores.
    """

    text: str
    heat: str
    why: str


@dataclass(frozen=True)
class Grid:
    """Attacks by tasks.

    Attributes:
        columns: name of the task, and of what kind of learners; shortened.
        rows: name of the attack, shortened, and a cell for each column.
    """

    columns: list[str]
    rows: list[tuple[str, list[Cell]]]

    @property
    def has_gap(self) -> bool:
        """Whether a cell has no value."""
        return any(cell.text == NO_VALUE for _, cells in self.rows for cell in cells)

    @property
    def beside(self) -> int:
        """Pixels for the names of attacks."""
        return _width([name for name, _ in self.rows])

    @property
    def above(self) -> int:
        """Pixels for the names of tasks, which lean to the right."""
        return round(_width(self.columns) / math.sqrt(2)) + 8

    @property
    def width(self) -> int:
        """Of the cells, in pixels; the last name leans over the edge."""
        return CELL[0] * len(self.columns) + self.above

    @property
    def height(self) -> int:
        """Of the whole, in pixels."""
        return self.above + CELL[1] * len(self.rows)


def grid(rows: Sequence[AttackRow], columns: Sequence[MatrixColumn]) -> Grid:
    """The recoveries of some attacks; cells without one are dashes."""
    several = len({column.setting for column in columns}) > 1
    names = [f"{_short(one.task)} {one.setting.upper()}" if several else _short(one.task) for one in columns]
    return Grid(
        names, [(_short(row.attack.name), [_cell(row.of(one.setting, one.task)) for one in columns]) for row in rows]
    )


def _cell(one: Recovery | None) -> Cell:
    heat = 0.75 * one.value if one is not None and one.defined else 0.0
    return Cell(value_text(one), _place(heat, 1.0), why(one))


def _width(names: Sequence[str]) -> int:
    return _LETTER * max(map(len, names), default=0) + 12


def _short(name: str) -> str:
    text = visible(name)
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
