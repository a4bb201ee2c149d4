"""Flags out of typed dataclasses (jsonargparse), written with hyphens, lists without brackets."""

import re
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from jsonargparse import ArgumentParser, Namespace

D = TypeVar("D")
_FLAG = re.compile(r"--[a-zA-Z][\w.]*")


class Parser(ArgumentParser):
    """A parser whose flags read ``--limit-train`` and whose lists read ``--seeds 0 1 2`` or ``--seeds 0,1,2``."""

    def __init__(self, command: str, description: str, *groups: type) -> None:
        super().__init__(prog=f"mtlue {command}", description=description, default_env=False)
        self.add_argument("--config", action="config", help="YAML file of options")
        self._groups = groups
        self._lists: dict[str, bool] = {}
        self._switches: set[str] = set()
        for group in groups:
            self.add_class_arguments(group, nested_key=None, sub_configs=True)
            hints = get_type_hints(group)
            for item in fields(group):
                kinds = _kinds(hints[item.name])
                if kinds & {list, tuple}:
                    self._lists[item.name] = int not in kinds
                if kinds == {bool}:
                    self._switches.add(item.name)

    def parse(self, arguments: Sequence[str]) -> Namespace:
        """Parse a command line, or print what is wrong with it and exit with 2."""
        return self.parse_args(_normalised(list(arguments), self._lists, self._switches))

    def read(self, namespace: Namespace, group: type[D]) -> D:
        """The dataclass of one of the parser's groups."""
        return group(**{item.name: getattr(namespace, item.name) for item in fields(group)})  # type: ignore[arg-type]

    def format_help(self, formatter: Any = None) -> str:
        text: str = super().format_help() if formatter is None else super().format_help(formatter)
        return _FLAG.sub(lambda match: match.group().replace("_", "-"), text)


def _kinds(hint: Any) -> set[Any]:
    """The plain types that a hint allows, without None."""
    origin = get_origin(hint)
    if origin in (list, tuple) or not get_args(hint):
        return {origin or hint} - {type(None)}
    return set().union(*(_kinds(argument) for argument in get_args(hint)))


def _normalised(arguments: list[str], lists: dict[str, bool], switches: set[str]) -> list[str]:
    """Hyphens to underscores in flags; a list's values to one bracketed value; a bare switch to true."""
    result: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--":
            result.append(word)
            continue
        flag, equals, value = word.partition("=")
        name = flag[2:].replace("-", "_")
        values = [value] if equals else []
        if not equals:
            limit = len(rest) if name in lists else 1
            while rest and len(values) < limit and not rest[0].startswith("--"):
                if name in switches and rest[0].lower() not in ("true", "false", "yes", "no"):
                    break
                values.append(rest.pop(0))
        if name in lists and values:
            values = [_bracketed(values, always=lists[name])]
        if name in switches and not values:
            values = ["true"]
        result += [f"--{name}", *values]
    return result


def _bracketed(values: list[str], always: bool) -> str:
    """One value in the form of a list; a single one stays as it is unless it could be nothing but a list."""
    joined = ",".join(values)
    single = "," not in joined and not always
    return joined if joined.startswith("[") or single else f"[{joined}]"
