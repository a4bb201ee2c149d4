"""The tasks file: YAML with one rule a task, read as the text that it shows."""

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mtlue.data.columns.rules import GOES_WITH, ColumnRule, TaskRules
from mtlue.errors import InputError
from mtlue.structured import read_yaml
from mtlue.tasks import KINDS

RULE_FILES = (".yaml", ".yml")
EXAMPLE = "for example '{tasks: {group: {column: age, bins: [18, 65]}, mood: {ignore: [unknown]}, notes: drop}}'"
DROP = "drop"
_NOTHING = ("", "~", "null")
"""How YAML writes a rule that says nothing."""
_SWITCH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

Text = Annotated[str, Meta(min_length=1)]
Colour = Annotated[list[Annotated[int, Meta(ge=0, le=255)]], Meta(min_length=3, max_length=3)]
Positive = Annotated[float, Meta(gt=0)]


_KEYS: dict[str, tuple[Any, str]] = {
    "column": (Text, "a column's name"),
    "kind": (Text, "one of {kinds}"),
    "classes": (list[Text], "a list of texts, none of them empty"),
    "codes": (list[Text | Colour], "a list of numbers or colours"),
    "bins": (list[float], "a list of rising numbers"),
    "ignore": (list[Text | Colour], "a list of texts, none of them empty"),
    "separator": (Text, "a text such as '|', in quotes"),
    "scale": (Positive, "a number above 0"),
    "high": (Positive, "a number above 0"),
    "size": (Annotated[int, Meta(ge=1)], "a whole number above 0"),
}
"""What a rule may say (:class:`ColumnRule`) -> its type, and the same in words."""


class _TasksFile(msgspec.Struct, forbid_unknown_fields=True):
    tasks: dict[str, Any]
    others: str = "true"


def read_rules(tasks: Sequence[str] | None) -> TaskRules:
    """What ``--tasks`` says: nothing, names of columns, or one YAML file.

    Raises:
        InputError: the file is absent or no such file; names what is wrong in it.
    """
    if tasks is None:
        return TaskRules({})
    if len(tasks) == 1 and tasks[0].lower().endswith(RULE_FILES):
        return _read_file(Path(tasks[0]))
    return TaskRules({name: ColumnRule(name, asked=True) for name in tasks}, others=False)


def _read_file(path: Path) -> TaskRules:
    remedy = f"--tasks should name a file with 'tasks:' and below it one task a line, {EXAMPLE}"
    said = read_yaml(path, _TasksFile, remedy, as_text=True)
    if said.others.lower() not in _SWITCH:
        raise InputError(f"--tasks {path}: 'others' should be true or false, not '{said.others}'")
    unusable = next((name for name in said.tasks if not name.strip() or not name.isprintable()), None)
    if unusable is not None:
        raise InputError(f"--tasks {path}: {unusable!r} cannot be a task's name: write one line of text")
    return TaskRules(
        rules={name: _rule(path, name, rule) for name, rule in said.tasks.items() if rule != DROP},
        dropped=frozenset(name for name, rule in said.tasks.items() if rule == DROP),
        others=_SWITCH[said.others.lower()],
    )


def _rule(path: Path, name: str, values: Any) -> ColumnRule:
    if isinstance(values, str) and values.lower() in _NOTHING:
        return ColumnRule(name, asked=True)
    if not isinstance(values, dict):
        raise InputError(
            f"--tasks {path}: task '{name}' says '{values}', which is neither {DROP} nor a rule such as "
            "{kind: categorical}"
        )
    given = {key: _value(path, name, key, value) for key, value in values.items()}
    rule = ColumnRule(**{"column": name, **given, "asked": True})
    _check_kind(path, name, rule, given)
    _check_codes(path, name, rule)
    return replace(rule, classes=rule.bin_names, kind="categorical") if rule.bins else rule


def _value(path: Path, name: str, key: str, value: Any) -> Any:
    """One value of a rule as :class:`ColumnRule` holds it; texts are turned into the numbers that are wanted."""
    if key not in _KEYS:
        near = difflib.get_close_matches(key, [*_KEYS, DROP], 1)
        meant = f"did you mean '{near[0]}'? " if near else ""
        raise InputError(f"--tasks {path}: task '{name}' says '{key}'; {meant}known are {', '.join([*_KEYS, DROP])}")
    try:
        converted = msgspec.convert(value, _KEYS[key][0], strict=False)
    except msgspec.ValidationError as error:
        raise _unusable(path, name, key, value) from error
    if isinstance(converted, list):
        converted = tuple(_colour(one) if isinstance(one, list) else one for one in converted)
    numbers = converted if key == "bins" else (converted,) if isinstance(converted, float) else ()
    if not all(map(math.isfinite, numbers)) or (key == "bins" and sorted(set(numbers)) != list(numbers)):
        raise _unusable(path, name, key, value)
    return converted


def _unusable(path: Path, name: str, key: str, value: Any) -> InputError:
    shown = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else f"'{value}'"
    wanted = _KEYS[key][1].format(kinds=", ".join(KINDS))
    return InputError(f"--tasks {path}: '{key}' of task '{name}' should be {wanted}, not {shown}")


def _colour(parts: Sequence[int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*parts)


def _check_kind(path: Path, name: str, rule: ColumnRule, given: Mapping[str, Any]) -> None:
    if rule.kind is not None and rule.kind not in KINDS:
        near = difflib.get_close_matches(rule.kind, KINDS, 1)
        meant = f"did you mean '{near[0]}'? " if near else ""
        raise InputError(
            f"--tasks {path}: task '{name}' is of kind '{rule.kind}': {meant}choose one of {', '.join(KINDS)}"
        )
    for key, kinds in GOES_WITH.items():
        if key in given and rule.kind not in kinds:
            wanted = " or ".join(f"'kind: {kind}'" for kind in kinds if kind)
            raise InputError(f"--tasks {path}: '{key}' of task '{name}' goes with {wanted}")


def _check_codes(path: Path, name: str, rule: ColumnRule) -> None:
    """Codes, and what a segmentation ignores, are numbers or colours; each class has one."""
    codes = [*rule.codes, *(rule.ignore if rule.kind == "segmentation" else ())]
    unusable = next((text for text in codes if not re.fullmatch(r"-?\d+|#[0-9a-fA-F]{6}", text)), None)
    if unusable is not None:
        raise InputError(
            f"--tasks {path}: '{unusable}' of task '{name}' is no number, no colour such as '#ff0080' and no [r, g, b]"
        )
    if rule.codes and len(rule.codes) != len(rule.classes):
        raise InputError(f"--tasks {path}: 'codes' of task '{name}' go with one of the 'classes' each")
