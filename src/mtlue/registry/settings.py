"""Settings: the options of a method or a countermeasure, a frozen dataclass next to the class that it sets.

Help, YAML files, grids, saved configurations and keys of cells are all made from the dataclass's fields, so that a new
option is one field. Imports nothing heavy.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from docstring_parser import parse

from mtlue.errors import InputError
from mtlue.faults import Faults
from mtlue.registry.python_options import plain
from mtlue.structured import typed
from mtlue.suggestions import unknown

S = TypeVar("S", bound="Settings")


@dataclass(frozen=True)
class Settings:
    """No settings at all; what has some derives a frozen dataclass, every field with a default and documented under
    ``Args:``. ``__post_init__`` refuses values that mean nothing (:class:`InputError`).

    >>> @dataclass(frozen=True)
    ... class Stripes(Settings):
    ...     width: int = 2
    >>> stripes = Stripes.of({"width": "4"})
    >>> stripes, stripes.changed()
    (Stripes(width=4), {'width': 4})
    >>> Stripes.of({"colour": "red"})
    Traceback (most recent call last):
        ...
    mtlue.errors.InputError: unknown setting 'colour': choose from width
    """

    def __post_init__(self) -> None:
        """Nothing to refuse; here so that settings made of several parts can all call ``super().__post_init__()``."""

    @classmethod
    def of(cls: type[S], values: Mapping[str, Any], owner: str = "") -> S:
        """The settings that a mapping says; numbers may be given as text, as ``jpeg:quality=50`` does.

        Args:
            values: field -> value.
            owner: whose settings they are, for messages.

        Raises:
            InputError: unknown fields, or values of another type or range: all of them.
        """
        names = [item.name for item in fields(cls)]
        place = f"{owner}: " if owner else ""
        known = {name: value for name, value in values.items() if name in names}
        faults = Faults()
        for name in values:
            if name not in names:
                faults.add(f"{place}{unknown('setting', name, names) if names else f'there is no setting {name!r}'}")
        try:
            made = cls._typed(known, place)
        except InputError as error:
            faults.add(*cls._faults_of_each(known, place) or [error.text])
        faults.check()
        return made

    @classmethod
    def of_saved(cls: type[S], values: Mapping[str, Any]) -> S:
        """The settings that this or an earlier version saved: a class whose fields were renamed translates them first.

        Raises:
            InputError: as :meth:`of`.
        """
        return cls.of(values)

    @classmethod
    def _faults_of_each(cls, known: Mapping[str, Any], place: str) -> list[str]:
        """What is wrong with each value by itself; nothing where only together they mean nothing."""
        found = []
        for name, value in known.items():
            try:
                cls._typed({name: value}, place)
            except InputError as error:
                found.append(error.text)
        return found

    @classmethod
    def _typed(cls: type[S], values: dict[str, Any], place: str) -> S:
        try:
            return typed({name: plain(value) for name, value in values.items()}, cls, numbers_as_text=True)
        except ValueError as error:
            raise InputError(f"{place}{error}") from error

    def to_json(self) -> dict[str, Any]:
        """Every field, defaults included."""
        return asdict(self)

    def changed(self) -> dict[str, Any]:
        """The fields that are not their defaults: a field that is added later changes nothing here."""
        default = type(self)().to_json()
        return {name: value for name, value in self.to_json().items() if value != default[name]}


def field_help(kind: type) -> dict[str, str]:
    """What the ``Args:`` of a dataclass and of its bases say of each field, in one line each."""
    texts = {}
    for base in reversed(kind.__mro__):
        for item in parse(base.__doc__ or "").params:
            texts.update(
                {name.strip(): " ".join((item.description or "").split()) for name in item.arg_name.split(",")}
            )
    return texts
