"""What a column's name says of its numbers: codes, or quantities. Imports no torch."""

import re

_IDENTIFIERS = "code codes id ids idx index key zip zipcode plz postcode postal identity"
IDENTIFIER_WORDS = frozenset(_IDENTIFIERS.split(" "))
"""Words of a column's name that say that its numbers only tell one thing from another."""
_CODES = "class classes label labels target category categories cat cluster group type species breed gender sex race"
CODE_WORDS = IDENTIFIER_WORDS | frozenset(_CODES.split(" "))
"""Words of a column's name that say that its whole numbers are codes for something else."""
_CODE_PARTS = ("class", "label", "categor", "code")
_QUANTITIES = (
    "age ages count counts num amount price cost weight height width length depth size area volume distance angle "
    "score points temperature speed duration seconds minutes hours days months years time timestamp percent "
    "percentage quantity"
)
QUANTITY_WORDS = frozenset(_QUANTITIES.split(" "))
"""Words of a column's name that say that its whole numbers are counted or measured."""


def says_code(name: str) -> bool:
    """Whether a column's name says that its numbers are codes for something else: ``person_id``, ``classLabel``."""
    words = _words(name)
    return not CODE_WORDS.isdisjoint(words) or any(part in word for word in words for part in _CODE_PARTS)


def says_quantity(name: str) -> bool:
    """Whether a column's name says that its numbers are counted or measured: ``age``, ``number of rooms``."""
    return not QUANTITY_WORDS.isdisjoint(_words(name)) or "number of" in " ".join(_words(name))


def says_identifier(name: str) -> bool:
    """Whether a column's name says that its numbers only tell one thing from another: ``person_id``, ``zip``."""
    return not IDENTIFIER_WORDS.isdisjoint(_words(name))


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+", spaced.lower())
