"""What a user writes for an option, and the value that it means: each field of an options dataclass is an option."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import cached_property
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from mtlue.errors import InputError, param
from mtlue.registry import field_help
from mtlue.structured import typed
from mtlue.suggestions import nearest

PLACE = "place"
"""Key of a field's metadata: the field is not a flag but a word in its place, which the usage calls by this name."""
CHECK = "check"
"""Key of a field's metadata: what refuses a value, such as a folder that does not exist, by an InputError."""
SWITCHED: Mapping[str, str] = {
    "yes": "true",
    "on": "true",
    "true": "true",
    "no": "false",
    "off": "false",
    "false": "false",
}
"""What turns a switch on or off."""
Texts = str | list[str]
"""An option's words as they were written: several, or one."""
_WORDS: Mapping[Any, str] = {int: "INT", float: "NUMBER", bool: "true|false", Path: "PATH", str: "TEXT"}
_PLAIN_WORDS = {
    "INT": ("a whole number", "give digits alone, as in 8"),
    "NUMBER": ("a number", "give digits alone, as in 0.5 or 8"),
    "true|false": ("true or false", "give one of the two"),
    "INT | INT INT": ("one or two whole numbers", "give a side, or height and width, as in 64 or 48 64"),
    "INT | INT,...": ("whole numbers", "give one, as in 3, or several with commas, as in 0,5,7"),
    "INT,...": ("whole numbers", "give one, as in 3, or several with commas, as in 2,4"),
    "NUMBER NUMBER": ("two numbers", "give two, as in 0 255"),
}
"""What words look like together -> what they are, and what to give."""
_QUOTED = re.compile(r'"[^"]*,[^"]*"')
_WITH_COMMAS = re.compile(r'(?:\s*"[^"]*"\s*(?=,|\Z)|[^,]+)')
"""One of several words with commas between them; what stands in quotes is one word, commas and all."""
_SHOWN = 60
"""Characters of a value that messages show."""


@dataclass(frozen=True)
class Option:
    """A field of an options dataclass, as the command line sees it.

    Attributes:
        name: of the field.
        hint: its type.
        default: its default; MISSING where it is required.
        help: what the dataclass's ``Args:`` say of it.
        place: how the usage calls it, where it is not a flag.
        check: refuses a value, or one of several.
    """

    name: str
    hint: Any
    default: Any
    help: str
    place: str | None = None
    check: Callable[[Any], object] | None = None

    @property
    def flag(self) -> str:
        """Without the two hyphens before it."""
        return self.name.replace("_", "-")

    @cached_property
    def parts(self) -> list[Any]:
        """What its type is built of: types, and the texts of a literal."""
        return [part for part in _parts(self.hint) if part not in (Union, UnionType, NoneType, Literal)]

    @property
    def is_switch(self) -> bool:
        return self.parts == [bool]

    @property
    def takes_several(self) -> bool:
        return list in self.parts or tuple in self.parts

    @property
    def _is_never_one(self) -> bool:
        """Whether a single word can only be a list of one: ``tuple[int, ...]``, and not ``int | list[int]``."""
        kinds = get_args(self.hint) if get_origin(self.hint) in (Union, UnionType) else [self.hint]
        return all(get_origin(kind) in (list, tuple) for kind in kinds if kind is not NoneType)

    @property
    def word(self) -> str:
        """What one of its words looks like: ``INT``, ``fast|paper``."""
        words = [part if isinstance(part, str) else _WORDS.get(part) for part in self.parts]
        return "|".join(dict.fromkeys(filter(None, words)))

    @property
    def form(self) -> str:
        """What its words look like together: ``INT | INT INT`` of a size, ``INT | INT,...`` of seeds."""
        kinds = get_args(self.hint) if get_origin(self.hint) in (Union, UnionType) else [self.hint]
        return " | ".join(dict.fromkeys(_form(kind) for kind in kinds if kind is not NoneType))

    def described(self) -> str:
        """The help of the option: what it is, and its default."""
        if self.place or self.default in (None, False, (), []):
            return self.help
        return f"{self.help} ({'required' if self.default is MISSING else f'default: {_shown(self.default)}'})"

    def value(self, texts: Texts) -> Any:
        """What a user's words mean.

        Raises:
            InputError: they are not what the option takes.
        """
        try:
            return typed(self._plain(texts), self.hint, numbers_as_text=True)
        except ValueError as error:
            given = _shown(texts) or "''"
            short = given if len(given) <= _SHOWN else f"{given[:_SHOWN]}…"
            raise InputError(self._refusal(short)) from error

    def examine(self, texts: Texts) -> None:
        """Refuse values that mean something that is not there.

        Raises:
            InputError: :attr:`check` refuses one, or they are not what the option takes.
        """
        if self.check is not None:
            value = self.value(texts)
            for one in value if isinstance(value, list) else [value]:
                self.check(one)

    def _refusal(self, given: str) -> str:
        """What is wrong, and what to write instead: one of the names, or what the form takes."""
        names = [part for part in self.parts if isinstance(part, str)]
        if not names:
            what, remedy = _PLAIN_WORDS.get(self.form, (self.form, f"give {self.form}"))
            return f"{param(self.name)} {given}: not {what}; {remedy}"
        near, choose = nearest(given, names), f"hoose from {', '.join(names)}"
        return f"{param(self.name)} cannot be {given}: " + (f"did you mean {near}? C{choose}" if near else f"c{choose}")

    def _plain(self, texts: Texts) -> Texts:
        """The words as a list where they can be one: several words, or one with commas."""
        if isinstance(texts, list):
            return [_without_quotes(text) for text in texts] if self.takes_several else texts
        if self.takes_several and ("," in texts or self._is_never_one):
            return [_without_quotes(part.strip()) for part in _WITH_COMMAS.findall(texts) if part.strip()]
        return SWITCHED.get(texts.lower(), texts) if self.is_switch else texts


def one_or_several(words: Texts) -> Texts:
    """An option's words as they were written: a list of one is that one."""
    return words[0] if isinstance(words, list) and len(words) == 1 else words


def _without_quotes(text: str) -> str:
    """A word without the quotes that keep its commas."""
    return text[1:-1] if _QUOTED.fullmatch(text) else text


def options_of(group: type) -> Iterator[Option]:
    """The options that a dataclass's fields are."""
    hints, texts = get_type_hints(group), field_help(group)
    for item in fields(group):
        place, check = item.metadata.get(PLACE), item.metadata.get(CHECK)
        yield Option(item.name, hints[item.name], _default(item), texts.get(item.name, ""), place, check)


def _default(item: Field[Any]) -> Any:
    return item.default if item.default_factory is MISSING else item.default_factory()


def _parts(hint: Any) -> Iterator[Any]:
    """What a type is built of: of ``list[int] | None`` the union, list, int and None's type."""
    origin = get_origin(hint)
    yield origin or hint
    for argument in get_args(hint):
        yield from [argument] if origin is Literal else _parts(argument)


def _form(kind: Any) -> str:
    parts = [_WORDS.get(part, "TEXT") for part in get_args(kind) if part is not Ellipsis]
    if get_origin(kind) is Literal:
        return "|".join(map(str, get_args(kind)))
    if get_origin(kind) is tuple and Ellipsis not in get_args(kind):
        return " ".join(parts)
    return f"{parts[0]},..." if get_origin(kind) in (list, tuple) else _WORDS.get(kind, "TEXT")


def _shown(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
