"""Flags out of typed dataclasses (jsonargparse), written with hyphens, lists without brackets."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args, get_origin, get_type_hints

from jsonargparse import ArgumentParser, Namespace

from mtlue.errors import InputError
from mtlue.registry import field_help
from mtlue.structured import read_yaml
from mtlue.suggestions import nearest
from mtlue.visible import visible

D = TypeVar("D")
_FLAG = re.compile(r"--[a-zA-Z][\w.]*")
_NAME = re.compile(r"[a-zA-Z]\w*")
_NOTHING = ("", "~", "null", "Null", "NULL")
"""What YAML takes for no value: the option keeps its default."""
_SWITCHED = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}


class Parser(ArgumentParser):
    """A parser whose flags read ``--limit-train`` and whose lists read ``--seeds 0 1 2`` or ``--seeds 0,1,2``."""

    def __init__(self, command: str, description: str, *groups: type) -> None:
        super().__init__(prog=f"mtlue {command}", description=description, default_env=False)
        self.add_argument("--config", type=str, help="YAML file of the same options; flags beside it win")
        self._lists: dict[str, bool] = {}
        self._switches: set[str] = set()
        for group in groups:
            self.add_class_arguments(group, nested_key=None, sub_configs=True)
            hints = get_type_hints(group)
            for item in fields(group):
                kinds = _kinds(hints[item.name])
                if kinds & {list, tuple}:
                    self._lists[item.name] = not kinds & {int, float}
                if kinds == {bool}:
                    self._switches.add(item.name)
        self._options = [item.name for group in groups for item in fields(group)]
        self._explain_help(groups)

    def _explain_help(self, groups: Sequence[type]) -> None:
        """The help of inherited fields, which stands with the base that has them."""
        texts = {name: text for group in groups for name, text in field_help(group).items()}
        for action in self._actions:
            action.help = action.help or texts.get(action.dest)

    def elsewhere(self, option: str) -> str | None:
        """A message on an option that this parser does not have, where another choice of the user's would bring it."""
        return None

    def parse(self, arguments: Sequence[str]) -> Namespace:
        """Parse a command line, or say in one line what is wrong with it and exit with 2."""
        words = _with_config(list(arguments), self._lists, self._switches)
        try:
            return self.parse_args(_normalised(words, self._lists, self._switches))
        except OverflowError as error:
            self.error(f"one of the numbers is too large ({error})")

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Print one line and exit with 2."""
        unknown = re.search(r"unrecognized arguments:.*?--([a-zA-Z][\w-]*)", message, re.DOTALL)
        elsewhere = unknown and self.elsewhere(unknown[1].replace("-", "_"))
        meant = _meant(unknown[1], [*self._options, "config", "help"]) if unknown else ""
        line = f"{self.prog}: {elsewhere or _in_one_line(message) + meant} ({self.prog} --help lists the options)"
        print(visible(line), file=sys.stderr)
        sys.exit(2)

    def read(self, namespace: Namespace, group: type[D]) -> D:
        """The dataclass of one of the parser's groups."""
        return group(**{item.name: getattr(namespace, item.name) for item in fields(group)})  # type: ignore[arg-type]

    def format_help(self, formatter: Any = None) -> str:
        """The options, and below them the names that they take."""
        from mtlue.cli.names import known_names  # all registries: slow to import, and not what a command needs to run

        self.epilog = known_names(self._options)
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
    if len(values) == 1 and values[0].startswith("["):
        return values[0]
    parts = values[0].split(",") if len(values) == 1 else values
    parts = [part.strip() for part in parts if part.strip()]
    return _as_list(parts, always) if always or len(parts) > 1 or "," in values[0] else values[0]


def _as_list(parts: Sequence[str], names: bool) -> str:
    """A list as one word; names are quoted, so that 1, yes and "hair: colour" stay the texts they are."""
    return json.dumps(parts, ensure_ascii=False) if names else f"[{','.join(parts)}]"


def _with_config(arguments: list[str], lists: dict[str, bool], switches: set[str]) -> list[str]:
    """The command line with the options of ``--config FILE`` before it, so that flags beside it win."""
    for position, word in enumerate(arguments):
        if word == "--config" and position + 1 < len(arguments):
            words = _read_config(Path(arguments[position + 1]), lists, switches)
            return [*words, *arguments[:position], *arguments[position + 2 :]]
        if word.startswith("--config="):
            words = _read_config(Path(word.partition("=")[2]), lists, switches)
            return [*words, *arguments[:position], *arguments[position + 1 :]]
    return arguments


def last_value(arguments: Sequence[str], option: str) -> str | None:
    """What a command line or its ``--config`` says of an option that decides which others there are."""
    value = None
    words = _normalised(_with_config(list(arguments), {}, set()), {}, set())
    for position, word in enumerate(words):
        name, equals, given = word.partition("=")
        if name == f"--{option}":
            value = given if equals else next(iter(words[position + 1 : position + 2]), None)
    return value


def _read_config(path: Path, lists: dict[str, bool], switches: set[str]) -> list[str]:
    """A YAML file's options as flags: a value means what it means on the command line, so ``007`` stays ``007``."""
    values = read_yaml(path, dict[str, str | list[str]], "give one 'option: value' a line", as_text=True)
    words = []
    for key, value in values.items():
        name = key.replace("-", "_")
        if not _NAME.fullmatch(name) or name == "config":
            raise InputError(f"--config {path}: there is no option '{key}' for such a file: leave it out")
        if isinstance(value, list):
            words.append(f"--{key}={_as_list(value, lists.get(name, False))}")
        elif value not in _NOTHING:
            words.append(f"--{key}={_SWITCHED.get(value.lower(), value) if name in switches else value}")
    return words


def _meant(unknown: str, options: Sequence[str]) -> str:
    """A question for the option that was likely meant by an unknown one; "" where none is near."""
    near = nearest(unknown.replace("_", "-"), [name.replace("_", "-") for name in options])
    return f": did you mean --{near}?" if near else ""


def _in_one_line(message: str) -> str:
    """jsonargparse's explanation without its inner workings."""
    message = _FLAG.sub(lambda match: match.group().replace("_", "-"), message)
    key = re.search(r"[Kk]ey \"([\w.]+)\"", message)
    given = re.findall(r"Given value: (.+)|Got value: (.+)|[Ii]nvalid .*?value: (.+)", message)
    if key and given:
        return f"--{key[1].replace('_', '-')} cannot be {''.join(given[-1]).strip()}"
    if key and "required" in message:
        return f"--{key[1].replace('_', '-')} is required"
    return " ".join(message.split())
