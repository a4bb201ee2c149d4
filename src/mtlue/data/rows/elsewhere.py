"""Classes of a release that other programs read as something else."""

import re
from collections.abc import Sequence

from mtlue.errors import param
from mtlue.faults import listed
from mtlue.tables.advice import yaml_quoted
from mtlue.tables.cells import READ_AS_MISSING
from mtlue.tables.column_cells import is_number
from mtlue.tasks import Categorical, Task

_SHOWN = 4
_READ_AS_NUMBER = re.compile(r" *[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)? *")
_READ_AS_TRUTH = frozenset({"True", "TRUE", "true", "False", "FALSE", "false"})


def note_on_other_readers(tasks: Sequence[Task]) -> list[str]:
    """One note on classes that pandas and Hugging Face ``datasets`` read as something else; none without such."""
    classes = {task.name: task.classes for task in tasks if isinstance(task, Categorical)}
    missing = {task: [name for name in names if name in READ_AS_MISSING] for task, names in classes.items()}
    typed = {
        task: _read_as_values([name for name in names if name not in missing[task]]) for task, names in classes.items()
    }
    notes = [*_on_missing(missing), *_on_values(typed)]
    return (
        [f"other programs (pandas, Hugging Face datasets) read some classes differently: {'; and '.join(notes)}"]
        if notes
        else []
    )


def _read_as_values(classes: Sequence[str]) -> list[str]:
    """The classes of a column that come back spelled differently; a column with any other text in it stays text."""
    if all(name in _READ_AS_TRUTH for name in classes):
        return [*classes]
    if all(map(_READ_AS_NUMBER.fullmatch, classes)):
        return [name for name in classes if not is_number(name)]
    return []


def _on_missing(classes: dict[str, list[str]]) -> list[str]:
    named = _named(classes)
    if not named:
        return []
    rules = [
        f"{yaml_quoted(task)}: {{ignore: [{', '.join(map(yaml_quoted, names))}]}}"
        for task, names in classes.items()
        if names
    ]
    return [
        f"{named} as no label at all. If it means that the label is not known, write the line "
        f"{{tasks: {{{', '.join(rules)}}}}} into a file tasks.yaml and add "
        f"{param('tasks')} tasks.yaml; if it is a class, give it another name in your table"
    ]


def _on_values(classes: dict[str, list[str]]) -> list[str]:
    named = _named(classes)
    if not named:
        return []
    example = next(names[0] for names in classes.values() if names)
    return [
        f"{named} as numbers or truth values, and spell them differently. If others are to read them as you wrote "
        f"them, give them names in your table that are no numbers, such as 'class {example}', or add "
        f"{param('format')} parquet, which keeps them as text"
    ]


def _named(classes: dict[str, list[str]]) -> str:
    """The first classes with their tasks, and how many more there are."""
    shown = [f"'{name}' of task '{task}'" for task, names in classes.items() for name in names]
    return listed(shown, _SHOWN)
