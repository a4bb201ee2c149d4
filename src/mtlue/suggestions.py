"""The name that was probably meant by an unknown one, and names in lists."""

import difflib
import re
import shlex
from collections.abc import Collection

_MANY = 20
"""Names in which a suggestion would drown."""
_PARTING = re.compile(r"""[\s,'"]|\A\Z""")
"""What makes a name unclear among others with commas between them."""


def clear(name: str) -> str:
    """A name as it stands in a list with commas: quoted, as a shell takes it, where it could be taken for several.

    >>> clear("kind"), clear("kind, of tree"), clear("größe")
    ('kind', "'kind, of tree'", 'größe')
    """
    return shlex.quote(name) if _PARTING.search(name) else name


def nearest(word: str, names: Collection[str]) -> str | None:
    """The name that is spelled almost like a word, else one that shares a part with it: epochs, learner-epochs.

    >>> nearest("jpg", ["jpeg", "bits"])
    'jpeg'
    """
    parts = set(word.split("-"))
    related = sorted(
        (name for name in names if parts & set(name.split("-"))), key=lambda name: (-_alike(word, name), name)
    )
    near = difflib.get_close_matches(word, names, 1, cutoff=0.8) or related or difflib.get_close_matches(word, names, 1)
    return near[0] if near else None


def unknown(what: str, name: object, names: Collection[str], listed_by: str = "", also: Collection[str] = ()) -> str:
    """The message for a name that is none of ``names``: what was likely meant, or all of them.

    Args:
        what: kind of the thing.
        name: the unknown one, from Python perhaps no text.
        names: those that there are.
        listed_by: what shows all of them: where there are many and one is near, the message says so instead.
        also: names of other things that can be given in the same place: they may have been meant, and are not counted.

    >>> unknown("countermeasure", "jpg", ["jpeg", "bits"])
    "unknown countermeasure 'jpg': did you mean 'jpeg'? Choose from jpeg, bits"
    """
    every = list(dict.fromkeys([*names, *also]))
    near = nearest(str(name), every)
    if near and listed_by and len(names) > _MANY:
        return f"unknown {what} '{name}': did you mean '{near}'? {listed_by} lists all {len(names)} {what}s"
    question = f"did you mean '{near}'? Choose from" if near else "choose from"
    return f"unknown {what} '{name}': {question} {', '.join(map(clear, every))}"


def closest_first(word: str, names: Collection[str]) -> list[str]:
    """Names in the order of how likely they were meant by an unknown one.

    >>> closest_first("imag", ["season", "image"])
    ['image', 'season']
    """
    near = nearest(word, names)
    return sorted(names, key=lambda name: (name != near, -_alike(word, name)))


def _alike(word: str, other: str) -> float:
    return difflib.SequenceMatcher(None, word, other).ratio()
