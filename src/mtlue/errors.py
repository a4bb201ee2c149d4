"""Errors that a user can mend: the command line shows their text alone, without a traceback."""

import re
from collections.abc import Callable
from math import inf

_PARAMETER = re.compile("\x02([^\x02\x03]*)\x03")
_FOR_SHELLS = re.compile("\x04([^\x04\x05]*)\x05")
_WAY = re.compile("\x0e([^\x0e\x0f]*)\x0f")
_OPTION = re.compile("\x02([^\x03]*)\x03 ([^\x02]*?)(?= \x02|$)")
_GIVEN: dict[str, str] = {}
"""Place that was made from what a user gave -> how the user calls that."""


def param(name: str) -> str:
    """A parameter's name inside a message: each face writes it as its users know it (:func:`spoken`).

    >>> spoken(f"{param('fit_limit')} 1: give 2 or more")
    'fit_limit 1: give 2 or more'
    """
    return f"\x02{name}\x03"


def for_shells(text: str) -> str:
    """A part of a message that is for people who type commands: a face without a shell leaves it out.

    >>> text = f"unpack it{for_shells(' (tar -xf a.tar)')} first"
    >>> spoken(text), spoken(text, shell=False)
    ('unpack it (tar -xf a.tar) first', 'unpack it first')
    """
    return f"\x04{text}\x05"


def way(**options: object) -> str:
    """Parameters with values inside a message, as one of the ways to settle what is unclear.

    A face that is a command line shows the whole command with them as well (:func:`ways_in`).

    >>> text = f"two tables: add {way(labels='a.csv')} or {way(labels='b.csv', test_labels='c.csv')}"
    >>> spoken(text)
    'two tables: add labels a.csv or labels b.csv test_labels c.csv'
    >>> ways_in(text)
    [{'labels': 'a.csv'}, {'labels': 'b.csv', 'test_labels': 'c.csv'}]
    """
    return f"\x0e{' '.join(f'{param(name)} {value}' for name, value in options.items())}\x0f"


def ways_in(text: str) -> list[dict[str, str]]:
    """Each :func:`way` of a message: parameter -> value."""
    return [dict(_OPTION.findall(options)) for options in _WAY.findall(text)]


def spoken(text: str, naming: Callable[[str], str] = str, shell: bool = True) -> str:
    """A message with each :func:`param` in it as ``naming`` writes it; as Python does by default.

    Args:
        text: the message.
        naming: how its reader calls a parameter.
        shell: whether its reader types commands; parts :func:`for_shells` are left out where not.
    """
    text = _FOR_SHELLS.sub(lambda match: match[1] if shell else "", text)
    text = _WAY.sub(lambda match: match[1], text)
    for place, name in _GIVEN.items():
        text = text.replace(place, name)
    return _PARAMETER.sub(lambda match: naming(match[1]), text)


def call(place: str, name: str) -> None:
    """Let messages of this process call a folder, and what lies in it, by what a user gave to have it made.

    >>> call("/cache/zip/1f2e/files", "photos.zip")
    >>> spoken("there is no such file in /cache/zip/1f2e/files/2021")
    'there is no such file in photos.zip/2021'

    Args:
        place: the folder, which no user knows: an archive lies unpacked there.
        name: what was given.
    """
    _GIVEN[place] = name


class MtlueError(Exception):
    """Something outside the program is wrong. The text names it and says what to do.

    ``str(error)`` calls parameters as Python does; :attr:`text` leaves that to :func:`spoken`.

    >>> from mtlue import Protector
    >>> try:
    ...     Protector("tap", epsilon=2)
    ... except MtlueError as error:
    ...     print(type(error).__name__, error, sep=": ")
    InputError: epsilon 510/255 is out of range: give 1 to 255 levels (the paper uses 8)
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return spoken(self.text)


class InputError(MtlueError, ValueError):
    """A file, a label, a table or an option that cannot be used as it is: a :class:`ValueError`, too.

    >>> from mtlue import Scope
    >>> Scope(fraction=0)
    Traceback (most recent call last):
        ...
    mtlue.errors.InputError: fraction 0 is out of range: give a share above 0, up to 1
    """


class OutputError(MtlueError):
    """A place that cannot be written to, or that holds something that must not be overwritten."""


class VerificationError(MtlueError):
    """A release that is not whole, was changed, or leaves the epsilon-ball."""


def check_least(options: object, **least: float) -> None:
    """Refuse numbers that are too small (batch normalisation cannot train on batches of one image), or infinite.

    Args:
        options: has an attribute for each number; None is not a number.
        least: name of a number -> its least value.

    Raises:
        InputError: names the parameter.
    """
    for name, value in least.items():
        given = getattr(options, name)
        if given is not None and not value <= given < inf:  # NaN is not a number either
            finite = ", but a finite number" if given == inf else ""
            raise InputError(f"{param(name)} {given}: give {value} or more{finite}")


def check_positive(options: object, *names: str) -> None:
    """Refuse numbers that are not above 0, or infinite.

    Args:
        options: has an attribute for each name; None is not a number.
        names: of the numbers.

    Raises:
        InputError: names the parameter.
    """
    for name in names:
        given = getattr(options, name)
        if given is not None and not 0 < given < inf:
            finite = ", but a finite one" if given == inf else ""
            raise InputError(f"{param(name)} {given:g}: give a number above 0{finite}")


def check_most(options: object, **most: float) -> None:
    """Refuse absurd numbers before they take memory; the arguments are those of :func:`check_least`.

    Raises:
        InputError: names the parameter.
    """
    for name, value in most.items():
        given = getattr(options, name)
        if given is not None and given > value:
            raise InputError(f"{param(name)} {given}: give {value} at most")
