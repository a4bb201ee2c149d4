"""Commands that settle what a message calls unclear: as given, with the options added. Imports nothing heavy."""

import shlex
from collections.abc import Callable, Iterator, Sequence

from mtlue.errors import ways_in

_MOST = 4
"""Commands that are shown."""


def settled_commands(name: str, arguments: Sequence[str], message: str, naming: Callable[[str], str]) -> list[str]:
    """A whole command for each way that a message names, to be pasted; an option that was given gives way.

    Args:
        name: of the command.
        arguments: that it was given.
        message: with each :func:`mtlue.errors.way` in it.
        naming: how options are called.

    >>> from mtlue.errors import way
    >>> settled_commands("protect", ["my shop", "--out", "out"], f"add {way(labels='a.csv')}", "--{}".format)
    ["mtlue protect 'my shop' --out out --labels a.csv"]
    """
    ways = [{naming(parameter): value for parameter, value in one.items()} for one in ways_in(message)]
    return [
        shlex.join(["mtlue", name, *_without(one, arguments), *(word for pair in one.items() for word in pair)])
        for one in ways[:_MOST]
    ]


def _without(flags: dict[str, str], arguments: Sequence[str]) -> Iterator[str]:
    """The arguments less those options, which take one value each."""
    words = iter(arguments)
    for word in words:
        option, joined, _ = word.partition("=")
        if option.replace("_", "-") not in flags:
            yield word
        elif not joined:
            next(words, None)
