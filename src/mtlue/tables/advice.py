"""What a user can write in a tasks file, as notes show it."""

import json
import re
from collections.abc import Sequence

from mtlue.errors import param
from mtlue.faults import listed

_PLAIN = re.compile(r"[^\W\d][\w ]*")


def advice(name: str, rule: str) -> str:
    """How to give a column a rule, as in "say 'age: {kind: categorical}' below 'tasks:' in a tasks file"."""
    key = name if _PLAIN.fullmatch(name) else yaml_quoted(name)
    return f"say '{key}: {{{rule}}}' below 'tasks:' in a tasks file ({param('tasks')} tasks.yaml)"


def yaml_quoted(text: str) -> str:
    """A text as YAML reads it, whatever is in it."""
    return json.dumps(text, ensure_ascii=False)


def note_on_numbers(columns: Sequence[tuple[str, int]], quantity: bool) -> list[str]:
    """One note on all columns of numbers that went one way and could have gone the other; none without any.

    Args:
        columns: their names, each with how many different numbers it holds.
        quantity: which way.
    """
    if not columns:
        return []
    shown = listed([f"'{name}' ({count} different)" for name, count in columns])
    taken, other = ("a quantity", "classes") if quantity else ("classes", "a quantity")
    rule = advice(columns[0][0], "kind: categorical" if quantity else "kind: regression")
    return [f"numbers read as {taken}: {shown}; where they are {other}, {rule}"]
