"""Options as Python gives them: each as the type that its dataclass declares, or refused by its name."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec

from mtlue.errors import InputError
from mtlue.faults import Faults
from mtlue.structured import typed
from mtlue.suggestions import unknown

T = TypeVar("T")


def names_of(*kinds: type[Any]) -> list[str]:
    """The fields of dataclasses."""
    return [one.name for kind in kinds for one in fields(kind)]


def options_of(kind: type[T], values: Mapping[str, Any], command: str) -> T:
    """A dataclass of options out of what was given by name.

    Args:
        kind: the dataclass; every field has a default.
        values: field -> value, as for :func:`declared`.
        command: whose help says more.

    Raises:
        InputError: names every field that there is not, and every value of another type.
    """
    faults, known = Faults(), names_of(kind)
    faults.add(*(unknown("option", name, known, f"{command} --help") for name in values if name not in known))
    own: dict[str, Any] = {}
    with faults.gathered():
        own = declared(kind, {name: value for name, value in values.items() if name in known})
    faults.check()
    return kind(**own)


def declared(kind: type[Any], values: Mapping[str, Any], *, numbers_as_text: bool = False) -> dict[str, Any]:
    """Values as a dataclass declares its fields: a lone text is a list of one where a list is declared.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Kind:
    ...     names: list[str] | None = None
    ...     count: int = 1
    >>> declared(Kind, {"names": "age", "count": 2})
    {'names': ['age'], 'count': 2}

    A number is a text where a text is declared.

    Args:
        kind: the dataclass.
        values: field -> value; paths may be text, lists tuples, numbers NumPy's.
        numbers_as_text: read ``'1e-3'`` where a number is wanted.

    Raises:
        InputError: names every value that is of another type.
    """
    faults, result = Faults(), {}
    for name, value in values.items():
        try:
            result[name] = _declared(kind, name, plain(value), numbers_as_text)
        except ValueError as error:
            faults.add(str(error))
    faults.check()
    return result


def declare(instance: Any) -> None:
    """Bring every field of a new dataclass to its declared type, as :func:`declared` does.

    Raises:
        InputError: names every value that is of another type.
    """
    kind = type(instance)
    for name, value in declared(kind, {name: getattr(instance, name) for name in names_of(kind)}).items():
        object.__setattr__(instance, name, value)


def path_of(value: Any, what: str) -> Path:
    """A path as Python gives it.

    Args:
        value: text or a path.
        what: names the parameter.

    Raises:
        InputError: it is neither.
    """
    if not isinstance(value, str | PathLike):
        raise InputError(f"{what} {value!r} is no path: give text, or a pathlib.Path")
    return Path(value)


def _declared(kind: Any, name: str, value: Any, numbers_as_text: bool) -> Any:
    """A value as a field declares it; else a text as a list of one, and a number as a text."""

    def as_field(value: Any) -> Any:
        return getattr(typed({name: value}, _fields_alone(kind), numbers_as_text=numbers_as_text), name)

    try:
        return as_field(value)
    except ValueError as error:
        for other in _other_forms(value):
            try:
                meant = as_field(other)
                if not isinstance(meant, Path):
                    return meant
            except ValueError as listed:
                inside = f"{name}[0]"
                if str(listed).startswith(inside):
                    raise ValueError(str(listed).replace(inside, name, 1)) from error
        raise


def _other_forms(value: Any) -> Iterator[Any]:
    """What a caller may mean by a value of another type than is declared."""
    if isinstance(value, str):
        yield [value]
    elif isinstance(value, Path):
        yield from (str(value), [str(value)])
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


@cache
def _fields_alone(kind: Any) -> type[msgspec.Struct]:
    """The fields without what their class does with them, each of which may be left out."""
    hints = get_type_hints(kind)
    return msgspec.defstruct("Fields", [(name, hints[name], None) for name in names_of(kind)])


def plain(value: Any) -> Any:
    """NumPy's numbers as Python's, and whatever can be gone through as a list."""
    if isinstance(value, str | bytes | Mapping) or value is None:
        return value
    if isinstance(value, Iterable):
        return [plain(one) for one in value]
    if hasattr(value, "dtype"):
        return value.item()
    return value
