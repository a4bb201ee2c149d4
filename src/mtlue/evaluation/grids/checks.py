"""What a grid may not say: names that stand for two things, two names for one, and numbers that no machine holds."""

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence, Sized
from typing import Any, TypeVar

from mtlue.errors import InputError
from mtlue.evaluation.countermeasures import create

T = TypeVar("T")
TRIVIAL = "trivial"
CLEAN = "clean"
MOST_CELLS = 100_000
MOST_CLASSES = 100_000
LARGEST_SIDE = 4096


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


def check_product(axes: Mapping[str, Sized | int]) -> None:
    """A block's axes multiply to a number of learners that can be listed.

    Args:
        axes: name -> its values, or how many it has.

    Raises:
        InputError: more than :data:`MOST_CELLS` combinations.
    """
    lengths = {name: values if isinstance(values, int) else len(values) for name, values in axes.items()}
    if math.prod(lengths.values()) > MOST_CELLS:
        product = " x ".join(f"{length} {axis}" for axis, length in lengths.items() if length > 1)
        raise InputError(f"{product} are more than {MOST_CELLS} combinations: give fewer of them")


def check_expected(sides: Sequence[int], classes: Sequence[int], dense: Sequence[Mapping[str, Any]]) -> None:
    """What a dry run is to expect can be laid out to be counted.

    Raises:
        InputError: a side above :data:`LARGEST_SIDE`, or more classes than :data:`MOST_CLASSES`.
    """
    if max(sides) > LARGEST_SIDE:
        raise InputError(f"expect: a side of {max(sides)} pixels: give {LARGEST_SIDE} at most")
    counted = [*classes, *(task["classes"] for task in dense if isinstance(task.get("classes"), int))]
    if sum(counted) > MOST_CLASSES:
        raise InputError(f"expect: {sum(counted)} classes: give {MOST_CLASSES} at most in all")


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
            raise InputError(f"method '{name}': the trivial predictor has this name: choose another one")
        is_clean = (values or {}).get("method", name) == CLEAN
        if is_clean and (extra := [key for key in values or {} if key != "method"]):
            raise InputError(f"method {name}: clean images have no option '{extra[0]}'")
        if name == CLEAN and not is_clean:
            raise InputError(f"method '{name}': learners on clean images have this name: choose another one")
        if is_clean and name != CLEAN:
            raise InputError(f"method {name}: learners on clean images are called '{CLEAN}'")


def check_own_images(countermeasure: str) -> None:
    """No learner of a grid has clean images of its own: all of them are tested on the whole test split.

    Raises:
        InputError: the countermeasure needs such images.
    """
    if create(countermeasure).needs_clean:
        raise InputError(
            f"countermeasure {countermeasure} needs clean images of the attacker's own, which no learner of a grid "
            "has: protect the dataset, and try it on the release (mtlue evaluate)"
        )
