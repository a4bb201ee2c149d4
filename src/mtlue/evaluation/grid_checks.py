"""What a grid may not say: names that stand for two things, and two names for one."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, TypeVar

from mtlue.errors import InputError

T = TypeVar("T")
TRIVIAL = "trivial"
CLEAN = "clean"


def check_named(what: str, named: Iterable[tuple[str, Hashable]]) -> None:
    """Every name stands for one thing, and every thing has one name: records are found by both.

    Args:
        what: kind of the things, for the message.
        named: names with what decides the thing.

    Raises:
        InputError: two of them.
    """
    things: dict[str, Hashable] = {}
    names: dict[Hashable, str] = {}
    for name, thing in named:
        if things.setdefault(name, thing) != thing:
            raise InputError(f"{what} '{name}' has other options in another block: give each its own name")
        if names.setdefault(thing, name) != name:
            raise InputError(f"{what}s '{names[thing]}' and '{name}' are the same: leave one of them out")


def check_names(what: str, names: Iterable[Any]) -> None:
    """Names are texts.

    Args:
        what: kind of the things, for the message.

    Raises:
        InputError: another kind of name.
    """
    for name in names:
        if not isinstance(name, str):
            raise InputError(
                f"{what} {name}: its name should be text, in quotes where YAML takes it for something else"
            )


def check_method_names(methods: Mapping[str, Mapping[str, Any] | None]) -> None:
    """Two names of methods are taken.

    Raises:
        InputError: ``trivial``, or ``clean`` with options.
    """
    for name, values in methods.items():
        if name == TRIVIAL:
            raise InputError(f"method '{name}': the trivial predictor is called so: choose another name")
        is_clean = (values or {}).get("method", name) == CLEAN
        if is_clean and (extra := [key for key in values or {} if key != "method"]):
            raise InputError(f"method {name}: clean images have no option '{extra[0]}'")
        if name == CLEAN and not is_clean:
            raise InputError(f"method '{name}': learners on clean images are called so: choose another name")
        if is_clean and name != CLEAN:
            raise InputError(f"method {name}: learners on clean images are called '{CLEAN}'")
