"""Registries: methods, countermeasures and sources by name, open to other packages.

A row is a class. Rows of this package name their class by its path, so that listing names and settings imports
nothing heavy. Other packages add rows in one of two ways, and need no change here:

- an entry point in their ``pyproject.toml``, whose name is the row's name:
  ``[project.entry-points."mtlue.methods"]`` ``stripes = "my_package:Stripes"``;
- the decorator, in a module that is imported: ``@METHODS.register("stripes")``. The command line imports the modules
  that the environment variable ``MTLUE_PLUGINS`` names, separated by commas.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from mtlue.errors import InputError
from mtlue.plugins import entry_paths, import_plugins, load_object
from mtlue.registry.settings import Settings
from mtlue.suggestions import unknown

T = TypeVar("T")
C = TypeVar("C", bound=type)
_SETTINGS = "Settings"


@dataclass(frozen=True)
class Row(Generic[T]):
    """One row: where its class is, and what can be set.

    Args:
        path: ``module:Class``.
        settings: the class's settings; the class's attribute ``Settings`` where this is None.
    """

    path: str
    settings: type[Settings] | None = None


@dataclass(frozen=True)
class Choice:
    """A row's name with its settings: what ``jpeg:quality=50`` says."""

    name: str
    settings: Settings

    def __str__(self) -> str:
        """The text that :meth:`Registry.choice` reads back: settings that are not defaults, in the fields' order."""
        changed = [f"{key}={setting_text(value)}" for key, value in self.settings.changed().items()]
        return ":".join([self.name, ",".join(changed)]).rstrip(":")


class Registry(Generic[T]):
    """Classes by name.

    Args:
        what: a row in a message, such as ``countermeasure``.
        group: the entry points' group, such as ``mtlue.countermeasures``.
        rows: those of this package.
        short: names for rows with settings: ``jpeg10`` -> ``jpeg:quality=10``.
        listed_by: the command that shows all names, where they are too many for a message.

    >>> from mtlue.evaluation.countermeasures import COUNTERMEASURES
    >>> COUNTERMEASURES.choice("jpeg10").settings.quality
    10
    >>> paints = Registry("paint", "my_package.paints", {})
    >>> @paints.register("stripes")
    ... class Stripes:
    ...     pass
    >>> paints.names, paints.load("stripes") is Stripes
    (['stripes'], True)
    """

    def __init__(
        self,
        what: str,
        group: str,
        rows: Mapping[str, Row[T]],
        short: Mapping[str, str] | None = None,
        listed_by: str = "",
    ) -> None:
        self.what = what
        self._group = group
        self._rows: dict[str, Row[T]] = dict(rows)
        self._classes: dict[str, Any] = {}
        self._short = dict(short or {})
        self._listed_by = listed_by

    def register(self, name: str) -> Callable[[C], C]:
        """A decorator that adds a class; its attribute ``Settings`` says what can be set.

        Raises:
            InputError: the name is taken.
        """

        def add(kind: C) -> C:
            if name in self._rows or name in self._short or self._classes.get(name, kind) is not kind:
                raise InputError(f"there is already a {self.what} '{name}': choose another name")
            self._classes[name] = kind
            return kind

        return add

    @property
    def names(self) -> list[str]:
        """Every name that :meth:`choice` takes."""
        return list(dict.fromkeys([*self._all(), *self._short]))

    @property
    def rows(self) -> list[str]:
        """The names of all rows, without those that are short for one with settings."""
        return list(self._all())

    @property
    def short(self) -> dict[str, str]:
        """The names that are short for a row with settings, and what they are short for."""
        return dict(self._short)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def settings(self, name: str) -> type[Settings]:
        """The settings of a row; its class is imported only where it is another package's.

        Raises:
            InputError: no row has this name.
        """
        row = self._row(name)
        if row.settings is not None:
            return row.settings
        return getattr(self.load(name), _SETTINGS, Settings)

    def load(self, name: str) -> Any:
        """The class of a row.

        Raises:
            InputError: no row has this name, or its class cannot be imported.
        """
        if name in self._classes:
            return self._classes[name]
        return load_object(self._row(name).path, f"{self.what} '{name}'")

    def choice(self, text: str) -> Choice:
        """A name, or a name with settings: ``jpeg``, ``jpeg:quality=50``, ``jpeg50`` where that is short for one.

        Raises:
            InputError: no row has this name, or it has no such setting.
        """
        name, _, assignments = self._short.get(text, text).partition(":")
        settings = self.settings(name)
        return Choice(name, settings.of(_values(assignments, text), f"{self.what} {name}"))

    def text(self, choice: Choice) -> str:
        """The shortest text that :meth:`choice` reads back."""
        full = str(choice)
        return next((short for short, meant in self._short.items() if str(self.choice(meant)) == full), full)

    def _row(self, name: str) -> Row[T]:
        rows = self._all()
        if name not in rows:
            raise InputError(unknown(self.what, name, self.names, self._listed_by))
        return rows[name]

    def _all(self) -> dict[str, Row[T]]:
        import_plugins()
        registered = {name: Row[T](f"{kind.__module__}:{kind.__qualname__}") for name, kind in self._classes.items()}
        return {**self._rows, **self._others, **registered}

    @cached_property
    def _others(self) -> dict[str, Row[T]]:
        """The rows of installed packages; none of them replaces one of this package."""
        own = {*self._rows, *self._short}
        return {name: Row[T](path) for name, path in entry_paths(self._group).items() if name not in own}


def whole_choices(texts: Sequence[str]) -> tuple[str, ...]:
    """Choices whose settings a face has split at their commas.

    >>> whole_choices(["jpeg", "a:x=1", "y=2"])
    ('jpeg', 'a:x=1,y=2')
    """
    joined: list[str] = []
    for text in texts:
        inside = bool(joined) and joined[-1].count('"') % 2 == 1
        if inside or (joined and ":" in joined[-1] and "=" in text and ":" not in text):
            joined[-1] += f",{text}"
        else:
            joined.append(text)
    return tuple(joined)


def setting_text(value: object) -> str:
    """A setting's value as :meth:`Registry.choice` reads it; in quotation marks where it would be taken apart.

    >>> setting_text("a+b,c")
    '"a+b,c"'

    Raises:
        InputError: it would need quotation marks, and holds some.
    """
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not re.search(r'[,+"]|^\s|\s$', text):
        return text
    if '"' in text:
        raise InputError(f"'{text}' holds a quotation mark, which no setting can: give another name")
    return f'"{text}"'


def split_outside_quotes(text: str, separator: str) -> list[str]:
    """Split a text where a separator, a regular expression, is outside quotation marks.

    >>> split_outside_quotes('a,b="c,d"', ",")
    ['a', 'b="c,d"']
    """
    return re.split(rf'{separator}(?=[^"]*(?:"[^"]*"[^"]*)*$)', text)


def _values(text: str, whole: str) -> dict[str, str]:
    """``quality=50,chroma=false`` as a mapping."""
    pairs = [pair.partition("=") for pair in split_outside_quotes(text, ",") if pair.strip()]
    for key, equals, _ in pairs:
        if not equals:
            raise InputError(f"'{whole}': '{key}' should be a setting with its value, as in jpeg:quality=50")
    return {key.strip().replace("-", "_"): _unquoted(value.strip()) for key, _, value in pairs}


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1] if quoted else value
