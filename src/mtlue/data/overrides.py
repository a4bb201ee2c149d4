"""What a user says of a table's columns: names on the command line, or a YAML file of rules."""

import math
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from mtlue.errors import InputError
from mtlue.tasks import KINDS

BINARY = ("no", "yes")
"""Classes of a task that was made of one label of a column of several."""
DROP = "drop"
RULE_FILES = (".yaml", ".yml")
EXAMPLE = "for example '{tasks: {group: {column: age, bins: [18, 65]}, mood: {ignore: [unknown]}, notes: drop}}'"


_GOES_WITH: dict[str, tuple[str | None, ...]] = {
    "classes": (None, "categorical", "segmentation"),
    "bins": (None, "categorical"),
    "separator": (None, "categorical"),
    "ignore": (None, "categorical", "segmentation", "regression"),
    "codes": ("segmentation",),
    "scale": ("depth",),
    "high": ("depth",),
    "size": ("regression",),
}
"""What may be said of a column -> the kinds that it means something for; None where no kind is named."""
_NUMBERS = ("scale", "high", "size")
"""Those of them whose default counts where nothing is said."""


@dataclass(frozen=True)
class ColumnRule:
    """How one task comes from one column.

    Attributes:
        column: the table's column.
        kind: one of :data:`mtlue.tasks.KINDS`; found from the cells by default.
        classes: the classes in their order; every other value is an error.
        codes: what stands for each class in mask files: numbers, or colours as #rrggbb.
        bins: bounds that make classes of numbers; a bound belongs to the class above it.
        ignore: values (of cells, or of a mask's pixels) that count as missing.
        separator: what stands between several labels in a cell; each label becomes a binary task.
        scale: what the numbers of depth files are multiplied with.
        high: the largest depth.
        size: how many numbers a cell of a column of numbers holds, with spaces between them.
        asked: whether the user asked for this column, so that it must hold a task.
    """

    column: str
    kind: str | None = None
    classes: tuple[str, ...] = ()
    bins: tuple[float, ...] = ()
    ignore: tuple[str, ...] = ()
    separator: str | None = None
    codes: tuple[str, ...] = ()
    scale: float = 1.0
    high: float = 10.0
    size: int = 1
    asked: bool = False

    def says(self, key: str) -> bool:
        """Whether the tasks file gives the column this attribute, or its kind implies the attribute's default."""
        implied = self.kind is not None and self.kind in _GOES_WITH[key] and key in _NUMBERS
        return implied or getattr(self, key) != getattr(ColumnRule, key)

    def applied(self, column: "pd.Series[str]") -> "pd.Series[str]":
        """The column's cells with ignored values missing and numbers put into their bins.

        Raises:
            InputError: a value that should be put into a bin is no number.
        """
        kept = column.where(~column.isin(self.ignore), None) if self.ignore else column
        return kept.map(self._bin, na_action="ignore") if self.bins else kept

    @property
    def bin_names(self) -> tuple[str, ...]:
        """Names of the bins, in their order."""
        bounds = [f"{bound:.15g}" for bound in self.bins]
        between = [f"{low} to {high}" for low, high in pairwise(bounds)]
        return (f"under {bounds[0]}", *between, f"{bounds[-1]} and over")

    def _bin(self, cell: str) -> str:
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise InputError(
                f"column '{self.column}' holds '{cell}', which fits in no bin: ignore it in the tasks file"
            )
        return self.bin_names[bisect_right(self.bins, value)]


@dataclass(frozen=True)
class TaskRules:
    """Rules by task name; ``others`` says whether columns without one are tasks too."""

    rules: dict[str, ColumnRule]
    dropped: frozenset[str] = frozenset()
    others: bool = True

    @classmethod
    def read(cls, tasks: Sequence[str] | None) -> "TaskRules":
        """From ``--tasks``: nothing, names of columns, or one YAML file.

        Raises:
            InputError: the file is absent or no such file; names what is wrong in it.
        """
        if tasks is None:
            return cls({})
        if len(tasks) == 1 and tasks[0].lower().endswith(RULE_FILES):
            return _read_file(Path(tasks[0]))
        return cls({name: ColumnRule(name, asked=True) for name in tasks}, others=False)

    def of_columns(self, columns: Sequence[str], reserved: Sequence[str], table: str) -> dict[str, ColumnRule]:
        """Task name -> rule, for a table with these columns.

        Raises:
            InputError: a rule names an absent column, or a task has a reserved name.
        """
        for name, rule in self.rules.items():
            if rule.column not in columns:
                raise InputError(
                    f"--tasks: '{rule.column}' is not a column of {table} (columns: {', '.join(map(str, columns))})"
                )
            if name in reserved:
                raise InputError(f"a task cannot be called '{name}': a release's table uses that name; rename it")
        absent = sorted(self.dropped - set(columns))
        if absent:
            raise InputError(f"--tasks: '{absent[0]}' is to be dropped and is not a column of {table}")
        taken = {rule.column for rule in self.rules.values()} | self.dropped | set(reserved)
        rest = [name for name in columns if name not in taken] if self.others else []
        twice = [name for name in rest if name in self.rules]
        if twice:
            raise InputError(
                f"--tasks: two tasks would be called '{twice[0]}', that of column '{self.rules[twice[0]].column}' and "
                f"that of the column '{twice[0]}' of {table}: rename the first, or say 'others: false'"
            )
        return {**self.rules, **{name: ColumnRule(name) for name in rest}}


def binary_name(task: str) -> tuple[str, str | None]:
    """(column, label) of a binary task that was made of one label; (the name, None) of any other."""
    column, sign, label = task.partition("=")
    return (column, label) if sign else (task, None)


def _read_file(path: Path) -> TaskRules:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InputError(f"--tasks {path} cannot be read as YAML ({' '.join(str(error).split())})") from error
    if not isinstance(values, dict) or set(values) - {"tasks", "others"} or not isinstance(values.get("tasks"), dict):
        raise InputError(f"--tasks {path} should hold 'tasks:' and below it one task a line, {EXAMPLE}")
    if not isinstance(values.get("others", True), bool):
        raise InputError(f"--tasks {path}: 'others' should be true or false, not '{values['others']}'")
    rules = {str(name): rule for name, rule in values["tasks"].items() if rule != DROP}
    odd = [name for name in rules if not name.strip() or not name.isprintable()]
    if odd:
        raise InputError(f"--tasks {path}: {odd[0]!r} is no name for a task: write one line of text")
    return TaskRules(
        rules={name: _rule(path, name, rule) for name, rule in rules.items()},
        dropped=frozenset(str(name) for name, rule in values["tasks"].items() if rule == DROP),
        others=values.get("others", True),
    )


def _rule(path: Path, name: str, values: Any) -> ColumnRule:
    known = {item.name for item in fields(ColumnRule)} - {"asked"}
    if values is None:
        return ColumnRule(name, asked=True)
    if not isinstance(values, dict) or set(values) - known:
        odd = ", ".join(map(str, set(values) - known)) if isinstance(values, dict) else str(values)
        raise InputError(f"--tasks {path}: task '{name}' says '{odd}'; known are {', '.join(sorted(known))} and {DROP}")
    rule = ColumnRule(
        column=str(values.get("column", name)),
        kind=values.get("kind"),
        classes=_texts(path, name, values, "classes"),
        bins=_numbers(path, name, values.get("bins", [])),
        ignore=_texts(path, name, values, "ignore"),
        separator=values.get("separator"),
        codes=_texts(path, name, values, "codes"),
        scale=_positive(path, name, values, "scale"),
        high=_positive(path, name, values, "high"),
        size=_count(path, name, values, "size"),
        asked=True,
    )
    if rule.kind is not None and rule.kind not in KINDS:
        raise InputError(f"--tasks {path}: task '{name}' is of kind '{rule.kind}': choose one of {', '.join(KINDS)}")
    if rule.separator is not None and (not isinstance(rule.separator, str) or not rule.separator):
        raise InputError(f"--tasks {path}: 'separator' of task '{name}' should be a text such as '|'")
    for key, kinds in _GOES_WITH.items():
        if key in values and rule.kind not in kinds:
            wanted = " or ".join(f"'kind: {kind}'" for kind in kinds if kind)
            raise InputError(f"--tasks {path}: '{key}' of task '{name}' goes with {wanted}")
    _check_codes(path, name, rule)
    return replace(rule, classes=rule.bin_names, kind="categorical") if rule.bins else rule


def _check_codes(path: Path, name: str, rule: ColumnRule) -> None:
    """Codes, and what a segmentation ignores, are numbers or colours; each class has one."""
    codes = [*rule.codes, *(rule.ignore if rule.kind == "segmentation" else ())]
    odd = [text for text in codes if not re.fullmatch(r"-?\d+|#[0-9a-fA-F]{6}", text)]
    if odd:
        raise InputError(
            f"--tasks {path}: '{odd[0]}' of task '{name}' is no number, no colour such as '#ff0080' and no [r, g, b]"
        )
    if rule.codes and len(rule.codes) != len(rule.classes):
        raise InputError(f"--tasks {path}: 'codes' of task '{name}' go with one of the 'classes' each")


def _texts(path: Path, name: str, values: dict[str, Any], key: str) -> tuple[str, ...]:
    given = values.get(key, [])
    if not isinstance(given, list) or not all(map(_is_value, given)):
        raise InputError(f"--tasks {path}: '{key}' of task '{name}' should be a list, not {given}")
    return tuple(map(_text, given))


def _text(value: Any) -> str:
    """One value of a list, as a cell would hold it; a colour as #rrggbb."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "#{:02x}{:02x}{:02x}".format(*value) if isinstance(value, list) else str(value)


def _is_value(one: Any) -> bool:
    colour = isinstance(one, list) and len(one) == 3 and all(type(part) is int and 0 <= part <= 255 for part in one)
    return colour or not (one is None or isinstance(one, dict | list))


def _positive(path: Path, name: str, values: dict[str, Any], key: str) -> float:
    given = values.get(key, getattr(ColumnRule, key))
    if type(given) not in (int, float) or not math.isfinite(given) or given <= 0:
        raise InputError(f"--tasks {path}: '{key}' of task '{name}' should be a number above 0, not {given}")
    return float(given)


def _count(path: Path, name: str, values: dict[str, Any], key: str) -> int:
    given = values.get(key, 1)
    if type(given) is not int or given < 1:
        raise InputError(f"--tasks {path}: '{key}' of task '{name}' should be a whole number above 0, not {given}")
    return given


def _numbers(path: Path, name: str, given: Any) -> tuple[float, ...]:
    numbers = isinstance(given, list) and all(type(one) in (int, float) and math.isfinite(one) for one in given)
    if not numbers or sorted(set(given)) != given:
        raise InputError(f"--tasks {path}: 'bins' of task '{name}' should be rising numbers, not {given}")
    return tuple(float(one) for one in given)
