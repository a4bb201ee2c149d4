"""Classes or a quantity? What the cells of a column are where no tasks file says it.

The rule, in this order:

1. A column with a text in it holds classes. So does one with a number that no program would write in this way
   (``02100``, ``+5``, ``1_007``, ``3E1``, ``0x10``): it holds codes.
2. Numbers of at most :data:`MOST_NUMBER_CLASSES` different values are classes: ratings, yes and no as 1 and 0.
3. More than that with decimals are a quantity.
4. More than that, all whole, are classes where the column's name says so (:func:`.naming.says_code`: label, class, id,
   zip ...), a quantity where the name says that (:func:`.naming.says_quantity`: age, count, weight ...), and else
   classes where nine of ten values are each held by :data:`OFTEN` rows or more. A note says which was chosen, and how
   to choose the other.
5. Classes are at least two, at most :data:`MOST_CLASSES`, and held by two rows each on average. A column with more
   values than that is not a task, and a note says so; but numbers are a quantity, unless they recur and the name says
   codes, or the name says that they only tell one thing from another (:func:`.naming.says_identifier`: id, zip ...).

Rule 5 does not count for a column that the user named or that is classes by its nature, as folders are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mtlue.data.columns.naming import says_code, says_identifier, says_quantity
from mtlue.errors import param
from mtlue.tables.column_cells import ColumnCells
from mtlue.tasks import Categorical, Regression
from mtlue.wording import counted

MOST_NUMBER_CLASSES = 12
"""Numbers of more different values need a closer look before they are classes."""
MOST_CLASSES = 1000
OFTEN = 5
"""Rows that hold a value which recurs often."""
_MOST = 0.9


@dataclass(frozen=True)
class Fault:
    """Why a column holds no task.

    Attributes:
        reason: as in "column 'x' has 1 class only".
        remedy: what to do about it for a user who asked for the task.
        hint: what may be meant, for a user who did not.
    """

    reason: str
    remedy: str = f"a task needs two classes, or different numbers; leave it out of {param('tasks')}"
    hint: str = ""


@dataclass(frozen=True)
class Verdict:
    """Whether a column of numbers is a quantity or classes, and whether it could as well be the other."""

    quantity: bool
    doubtful: bool


def judge_numbers(name: str, cells: ColumnCells, asked: bool) -> Verdict:
    """Rules 2 to 5 for a column that holds numbers alone.

    Args:
        name: of the column, and of the task where that is another.
        asked: whether the user named the column.
    """
    few = len(cells.counts) <= MOST_NUMBER_CLASSES
    crowded = class_fault(cells) is not None and not asked
    recurs = 2 * len(cells.counts) <= cells.rows
    code = cells.are_whole and says_code(name)
    if crowded:
        only_names = cells.are_whole and says_identifier(name)
        return Verdict(not (only_names or (code and recurs)), cells.are_whole)
    if few or not cells.are_whole:
        return Verdict(not few, recurs and not few)
    return Verdict(not code and (says_quantity(name) or cells.share_in(OFTEN) < _MOST), True)


def class_fault(cells: ColumnCells) -> Fault | None:
    """Why a column's values are not classes (rule 5), or None."""
    count, rows = len(cells.counts), cells.rows
    if count < 2:
        return too_few(cells.values)
    most = min(MOST_CLASSES, max(rows // 2, 2))
    if count <= most:
        return None
    kinds = f"'kind: {Categorical.kind}'" + (f" or 'kind: {Regression.kind}'" if cells.are_numbers else "")
    return Fault(f"has {count} different values in {rows} rows, too many for classes unless a tasks file says {kinds}")


def too_few(classes: Sequence[str]) -> Fault:
    """Why so few classes do not make a task."""
    if not classes:
        return Fault("has no class: all cells are empty")
    return Fault(f"has only {counted(len(classes), 'class')} ({', '.join(classes)})")
