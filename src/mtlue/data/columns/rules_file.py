"""The tasks file: YAML with one rule per task, read as the text that it shows. Imports no torch."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mtlue.data.columns.rules import GOES_WITH, ColumnRule, TaskRules
from mtlue.errors import InputError, param
from mtlue.faults import Faults
from mtlue.structured import read_yaml
from mtlue.suggestions import unknown
from mtlue.tasks import KINDS

RULE_FILES = (".yaml", ".yml")
EXAMPLE = "for example '{tasks: {group: {column: age, bins: [18, 65]}, mood: {ignore: [unknown]}, notes: drop}}'"
DROP = "drop"
_NOTHING = ("", "~", "null")
"""How YAML writes a rule that says nothing."""
_TASKS, _OTHERS = "tasks", "others"
_SWITCH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

NonEmptyText = Annotated[str, Meta(min_length=1)]
Colour = Annotated[list[Annotated[int, Meta(ge=0, le=255)]], Meta(min_length=3, max_length=3)]
Positive = Annotated[float, Meta(gt=0)]


_KEYS: dict[str, tuple[Any, str]] = {
    "column": (NonEmptyText, "a column's name"),
    "kind": (NonEmptyText, "one of {kinds}"),
    "classes": (list[NonEmptyText], "a list of texts, none of them empty"),
    "codes": (list[NonEmptyText | Colour], "a list of numbers or colours"),
    "bins": (list[float], "a list of rising numbers"),
    "ignore": (list[NonEmptyText | Colour], "a list of texts, none of them empty"),
    "separator": (NonEmptyText, "a text such as '|', in quotes"),
    "scale": (Positive, "a number above 0"),
    "high": (Positive, "a number above 0"),
    "size": (Annotated[int, Meta(ge=1)], "a whole number above 0"),
}
"""What a rule may say (:class:`ColumnRule`) -> its type, and the same in words."""


def read_rules(tasks: Sequence[str] | None) -> TaskRules:
    """What the option ``tasks`` says: nothing, names of columns, or one YAML file.

    Raises:
        InputError: the file is absent or not a tasks file; names all that is wrong in it.
    """
    if tasks is None:
        return TaskRules({})
    if is_rules_file(tasks):
        return _read_file(Path(tasks[0]))
    return TaskRules({name: ColumnRule(name, asked=True) for name in tasks}, others=False)


def is_rules_file(tasks: Sequence[str] | None) -> bool:
    """Whether the option ``tasks`` names a file rather than columns."""
    return tasks is not None and len(tasks) == 1 and tasks[0].lower().endswith(RULE_FILES)


def _read_file(path: Path) -> TaskRules:
    remedy = f"{param('tasks')} should name a file with 'tasks:' and below it one task per line, {EXAMPLE}"
    content = read_yaml(path, dict[str, Any], remedy, as_text=True)
    place = f"{param('tasks')} {path}"
    faults = Faults()
    misnamed = [f"{place}: {unknown('key', key, (_TASKS, _OTHERS))}" for key in content if key not in (_TASKS, _OTHERS)]
    faults.add(*misnamed)
    others = str(content.get(_OTHERS, "true")).lower()
    if others not in _SWITCH:
        faults.add(f"{place}: '{_OTHERS}' should be true or false, not '{content[_OTHERS]}'")
    tasks = content.get(_TASKS)
    if not isinstance(tasks, dict) and (_TASKS in content or not misnamed):
        faults.add(f"{place} holds no mapping '{_TASKS}': {remedy}")
    rules, dropped = _rules(place, tasks if isinstance(tasks, dict) else {}, faults)
    faults.check()
    return TaskRules(rules, dropped, others=_SWITCH[others])


def _rules(place: str, tasks: Mapping[str, Any], faults: Faults) -> tuple[dict[str, ColumnRule], frozenset[str]]:
    """The rule of each task, and the columns to drop; ``faults`` takes what is wrong with them."""
    rules = {}
    for name, values in tasks.items():
        with faults.gathered():
            if not name.strip() or not name.isprintable():
                raise InputError(f"{place}: {name!r} cannot be a task's name: write one line of text")
            if values != DROP:
                rules[name] = _rule(f"{place}: task '{name}'", name, values)
    return rules, frozenset(name for name, values in tasks.items() if values == DROP)


def _rule(place: str, name: str, values: Any) -> ColumnRule:
    """The rule of one task; ``place`` begins each message on it."""
    if isinstance(values, str) and values.lower() in _NOTHING:
        return ColumnRule(name, asked=True)
    if not isinstance(values, dict):
        raise InputError(f"{place} says '{values}', which is neither {DROP} nor a rule such as {{kind: categorical}}")
    faults = Faults()
    given: dict[str, Any] = {}
    for key, value in values.items():
        with faults.gathered():
            given[key] = _value(place, key, value)
    rule = ColumnRule(**{"column": name, **given, "asked": True})
    faults.add(*_kind_faults(place, rule, given), *_code_faults(place, rule))
    faults.check()
    return replace(rule, classes=rule.bin_names, kind="categorical") if rule.bins else rule


def _value(place: str, key: str, value: Any) -> Any:
    """One value of a rule as :class:`ColumnRule` holds it; texts are turned into the numbers that are wanted."""
    if key not in _KEYS:
        raise InputError(f"{place}: {unknown('key', key, [*_KEYS, DROP])}")
    try:
        converted = msgspec.convert(value, _KEYS[key][0], strict=False)
    except msgspec.ValidationError as error:
        raise _unusable(place, key, value) from error
    if isinstance(converted, list):
        converted = tuple(_colour(one) if isinstance(one, list) else one for one in converted)
    numbers = converted if key == "bins" else (converted,) if isinstance(converted, float) else ()
    if not all(map(math.isfinite, numbers)) or (key == "bins" and sorted(set(numbers)) != list(numbers)):
        raise _unusable(place, key, value)
    return converted


def _unusable(place: str, key: str, value: Any) -> InputError:
    shown = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else f"'{value}'"
    wanted = _KEYS[key][1].format(kinds=", ".join(KINDS))
    return InputError(f"{place}: '{key}' should be {wanted}, not {shown}")


def _colour(parts: Sequence[int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*parts)


def _kind_faults(place: str, rule: ColumnRule, given: Mapping[str, Any]) -> Iterator[str]:
    """An unknown kind; or keys that do not go with the kind."""
    if rule.kind is not None and rule.kind not in KINDS:
        yield f"{place}: {unknown('kind', rule.kind, KINDS)}"
        return
    for key, kinds in GOES_WITH.items():
        if key in given and rule.kind not in kinds:
            wanted = " or ".join(f"'kind: {kind}'" for kind in kinds if kind)
            yield f"{place}: '{key}' goes with {wanted}"


def _code_faults(place: str, rule: ColumnRule) -> Iterator[str]:
    """Codes, and what a segmentation ignores, must be numbers or colours; each class has one."""
    codes = [*rule.codes, *(rule.ignore if rule.kind == "segmentation" else ())]
    for text in codes:
        if not re.fullmatch(r"-?\d+|#[0-9a-fA-F]{6}", text):
            yield f"{place}: '{text}' is neither a number nor a colour such as '#ff0080' or [r, g, b]"
    if rule.codes and len(rule.codes) != len(rule.classes):
        yield f"{place}: give as many 'codes' as 'classes', one code per class"
