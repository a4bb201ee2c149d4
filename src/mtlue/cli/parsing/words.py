"""The words of a command line before they are taken apart: switches with their values, options that are given twice."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, takewhile
from shlex import quote

from mtlue.cli.parsing.values import SWITCHED, Option

_NUMBER = re.compile(r"-(?:\d+|\d*\.\d+)")
_CALLED: Mapping[str, str] = {"protected": "OUT"}


def called(option: str) -> str:
    """How usage and help call a word without a flag that stands for an option."""
    return _CALLED.get(option, "FOLDER")


def is_flag(word: str) -> bool:
    """Whether a word is written as a flag is, long or short; ``-`` alone is none."""
    return word.startswith("-") and word != "-"


def is_negative(word: str, option: Option) -> bool:
    """Whether a word with one hyphen before it is an option's value, as in ``--budget -3m``: none that asks for help,
    and no number that begins a list of them, which argparse takes for one.
    """
    if not is_flag(word) or word.startswith(("--", "-h")):
        return False
    return not (option.takes_several and _NUMBER.fullmatch(word))


def behind_switch(words: Sequence[str], options: Mapping[str, Option]) -> Iterator[tuple[str, Option]]:
    """Words that are no flag, each with the switch that it stands right behind.

    Args:
        words: of :func:`words_of`.
        options: flag without hyphens -> option.
    """
    for flag, word in pairwise(words):
        option = options.get(flag.partition("=")[0].removeprefix("--")) if flag.startswith("--") else None
        if option is not None and option.is_switch and not is_flag(word):
            yield word, option


def words_of(arguments: Sequence[str], options: Mapping[str, Option]) -> list[str]:
    """Underscores in flags as hyphens; a switch, or a flag whose value begins with a hyphen, and its value in one word:
    ``--lossy`` as ``--lossy=true``, ``--budget -3m`` as ``--budget=-3m``.
    """
    words: list[str] = []
    remaining = list(arguments)
    while remaining:
        word = remaining.pop(0)
        flag, equals, value = word.partition("=")
        name = flag.removeprefix("--").replace("_", "-")
        if flag.startswith("--") and name in options:
            word = f"--{name}{equals}{value}"
            if options[name].is_switch and not equals:
                word += f"={remaining.pop(0) if remaining and remaining[0].lower() in SWITCHED else 'true'}"
            elif not equals and remaining and is_negative(remaining[0], options[name]):
                word += f"={remaining.pop(0)}"
        words.append(word)
    return words


def without_options(words: Sequence[str], *flags: str) -> list[str]:
    """A command line without some options that take a value, however they are written.

    >>> without_options(["grid.yaml", "--workers", "2", "--devices=1", "--out", "out"], "workers", "devices")
    ['grid.yaml', '--out', 'out']
    """
    kept: list[str] = []
    remaining = list(words)
    while remaining:
        word = remaining.pop(0)
        flag, equals, _ = word.partition("=")
        if not flag.startswith("--") or flag.removeprefix("--").replace("_", "-") not in flags:
            kept.append(word)
        elif not equals and remaining:
            remaining.pop(0)
    return kept


def without_values(words: Sequence[str]) -> list[str]:
    """The words that are no flag, nor stand behind one without ``=``.

    >>> without_values(["photos", "--mehtod", "tap"])
    ['photos']
    """
    before = ["", *words]
    return [
        word
        for flag, word in zip(before, words, strict=False)
        if not is_flag(word) and (not is_flag(flag) or "=" in flag)
    ]


def too_many(command: str, unknown: Sequence[str], words: Sequence[str]) -> str:
    """What is wrong with more words without a flag than a command takes; empty where they are not the reason.

    Args:
        command: as it is called.
        unknown: words that are no option.
        words: options that words without a flag stand for.

    >>> too_many("mtlue inspect", ["my", "photos"], ["data"])
    "'my' and 'photos' cannot both be the folder: leave one out, or put quotes around a name with spaces"
    >>> too_many("mtlue inspect", ["photos"], ["data"])
    "nothing is left that 'photos' could stand for: leave it out, or put quotes around a name with spaces"
    """
    plain = [word for word in unknown if not is_flag(word)]
    if not words or not plain:
        return ""
    if len(plain) == 1:
        wrong = f"nothing is left that '{plain[0]}' could stand for: leave it out"
    elif len(words) == 1:
        wrong = f"'{plain[0]}' and '{plain[1]}' cannot both be the folder: leave one out"
    else:
        given = " and ".join([", ".join(f"'{word}'" for word in plain[:-1]), f"'{plain[-1]}'"])
        taken = f"{len(words)}, {' and '.join(map(called, words))}"
        wrong = f"{given} are {len(plain)} words, and {command} takes {taken}: leave one out"
    return f"{wrong}, or put quotes around a name with spaces"


def usage(command: str, options: Mapping[str, Option], words: Sequence[str], given: Mapping[str, str] = {}) -> str:
    """How a command is written, with what is given of the words that have a place.

    Args:
        command: what it begins with.
        options: flag without hyphens -> option.
        words: options that words without a flag stand for.
        given: flag without hyphens -> what stands in its place.
    """
    placed = {flag: option for flag, option in options.items() if option.place}
    places = [
        given.get(flag) or f"{option.place}{'...' if option.takes_several else ''}" for flag, option in placed.items()
    ]
    return " ".join([command, *places, *(f"[{called(word)}]" for word in words), "[options]"])


def placed_with_flags(words: Sequence[str], options: Mapping[str, Option]) -> dict[str, str]:
    """What is given with a flag, flag without hyphens -> as a shell takes it, though it is a word in a place.

    Args:
        words: of :func:`words_of`.
        options: flag without hyphens -> option.
    """
    given = {}
    for place, word in enumerate(words):
        flag, equals, value = word.partition("=")
        option = options.get(flag.removeprefix("--")) if flag.startswith("--") else None
        if option is not None and option.place:
            behind = [*takewhile(lambda one: not one.startswith("--"), words[place + 1 :])]
            values = [value] if equals else behind if option.takes_several else behind[:1]
            given[option.flag] = " ".join(map(quote, values))
    return given


def repeated(words: Sequence[str], options: Mapping[str, Option], others: Sequence[str]) -> Iterator[str]:
    """What is wrong with options that are given more than once: only the last one would count.

    Args:
        words: of :func:`words_of`.
        options: flag without hyphens -> option.
        others: flags that are no option of a job.
    """
    flags = Counter(word.removeprefix("--").partition("=")[0] for word in words if word.startswith("--"))
    for flag, count in flags.items():
        if count > 1 and (flag in options or flag in others):
            several = flag in options and options[flag].takes_several
            remedy = f"write its values behind one: --{flag} {options[flag].form}" if several else "give it once"
            yield f"--{flag} is given {'twice' if count == 2 else f'{count} times'}: {remedy}"
