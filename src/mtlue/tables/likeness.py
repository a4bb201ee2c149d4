"""Classes that look alike: the same word in other letters or signs, or the same number in other digits."""

import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable
from decimal import Decimal, InvalidOperation

from mtlue.faults import listed
from mtlue.tables.column_cells import means_number

_SHOWN = 3
_INVISIBLE = ("Cc", "Cf")
"""Unicode's categories of control characters (NUL among them) and of signs without width."""


def note_on_alike(what: str, texts: Iterable[str], remedy: str) -> str | None:
    """A note on texts that only differ in case, blanks, invisible characters, Unicode form or digits; None without any.

    Args:
        what: what the texts are, as in "task 'x': the classes".
        remedy: what to do about it, without a full stop.
    """
    groups: dict[Hashable, list[str]] = defaultdict(list)
    for text in texts:
        groups[folded(text)].append(text)
    alike = [group for group in groups.values() if len(group) > 1]
    if not alike:
        return None
    return f"{what} {listed([_shown(group) for group in alike], _SHOWN, between='; ')} look alike: {remedy}"


def folded(text: str) -> Hashable:
    """The same value for texts that people would hardly tell apart."""
    visible = "".join(map(_visible, text))
    plain = " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold()).split())
    return _exact(plain) if means_number(plain) else plain


def _exact(number: str) -> Hashable:
    """The same for equal numbers alone, however many digits they have."""
    try:
        return Decimal(number)
    except InvalidOperation:  # an exponent beyond what a decimal can hold
        return float(number)


def _visible(sign: str) -> str:
    if sign.isspace():
        return " "
    return "" if unicodedata.category(sign) in _INVISIBLE else sign


def _shown(group: list[str]) -> str:
    """Texts between quotes; as escapes where they would look the same on the screen."""
    forms = {" ".join(unicodedata.normalize("NFC", text).split()) for text in group}
    plain = len(forms) == len(group) and all(text.isprintable() for text in group)
    quoted = [f"'{text}'" if plain else ascii(text) for text in group]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
