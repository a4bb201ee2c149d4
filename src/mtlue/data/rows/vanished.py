"""Classes that a table names and that no image is left of: their rows have no usable image. Imports no torch."""

from collections import Counter
from collections.abc import Sequence

from mtlue.data.rows.settling import SettledRows
from mtlue.faults import listed
from mtlue.tasks import Categorical, Task
from mtlue.wording import counted

_NAMED = 5
"""Classes of a task that a note names."""


def vanished_classes(settled: SettledRows, tasks: Sequence[Task]) -> list[str]:
    """A note for each task that lost classes with the rows that have no usable image, and for each column that is no
    task any more as one class is left in it."""
    lost, columns = settled.rows.lost_rows, settled.columns
    if lost is None:
        return []
    names = [str(name) for name in columns.columns]
    rules = settled.rules.of_columns(names, settled.rows.name)
    classified = [task.name for task in tasks if isinstance(task, Categorical) and task.name in rules]
    places = {rules[name].column: f"task '{name}'" for name in classified}
    notes = []
    for name in names:
        left = {*columns[name].dropna()}
        gone = Counter(cell for cell in lost[name] if cell and cell not in left)
        if gone and (name in places or len(left) == 1):
            notes.append(_note(places.get(name, f"column '{name}'"), gone))
    return notes


def _note(place: str, gone: Counter[str]) -> str:
    named = listed([f"'{name}' ({counted(count, 'row')})" for name, count in gone.most_common()], _NAMED)
    ending = ""
    if len(gone) == 1:
        begin, rows_have, without = f"class {named} of {place} has", "its rows have", "it"
    else:
        begin, rows_have, without = f"{len(gone)} classes of {place} have", "their rows have", "them"
        ending = f": {named}"
    return (
        f"{begin} no image left, as {rows_have} no usable image{ending}; put the files where the table says, or go on "
        f"without {without}"
    )
