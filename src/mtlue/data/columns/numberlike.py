"""Columns that are classes although their texts may be meant as numbers: what to point out, and what to do about it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from mtlue.data.columns.kinds import MOST_NUMBER_CLASSES
from mtlue.faults import listed
from mtlue.tables.advice import advice, yaml_quoted
from mtlue.tables.column_cells import ColumnCells, means_number

MOST_IGNORED = 10
"""Texts among numbers that a note advises to ignore: more than that are not words for a missing number."""
_CURRENCY = r"EUR|USD|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK|NOK|DKK|PLN|BRL|Rs\.?|kr\.?|Fr\.?|R\$|US\$"
_BEFORE = rf"(?:{_CURRENCY}|[^\W\d_]{{1,3}}[.:]?(?=\s)|[^\w\s]{{1,2}})?"
"""Before a number: a currency, a short word with a blank after it, or signs; ``class 12`` and ``n012`` are names."""
_DIGITS = r"[-+\u2212]?(?:\d[\d.,'\u2019\u00a0\u202f ]*|[.,]\d+)(?:[eE][-+]?\d+)?"
_AFTER = r"(?:/\d+|[^\d_]{0,12}[23]?)"
"""After a number: a unit, or what it is out of."""
_MEASURED = re.compile(rf"(?P<before>{_BEFORE})\s*{_DIGITS}(?<=\d)\s*(?P<after>{_AFTER})")
_DATE = r"\d{1,4}(?P<sign>[-/.])\d{1,2}(?P=sign)\d{1,4}\.?"
_TIME = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?:\s?[aApP]\.?[mM]\.?)?(?:Z|\s?[-+]\d{2}:?\d{2})?"
_MOMENT = re.compile(rf"{_DATE}(?:[T ]+{_TIME})?|{_TIME}")


@dataclass(frozen=True)
class Suspicion:
    """That a column of texts may be a quantity.

    Attributes:
        holds: what speaks for it, as in "holds '>100' among its numbers".
        remedy: what to do if it is so.
    """

    holds: str
    remedy: str


def suspicion(name: str, cells: ColumnCells) -> Suspicion | None:
    """Whether many of a column's texts could be meant as numbers; ``cells`` are not all plain numbers."""
    texts = [text for text in cells.counts if not means_number(text)]
    numbers = len(cells.counts) - len(texts)
    if numbers > MOST_NUMBER_CLASSES and numbers >= len(texts):
        return _among_numbers(name, texts) if texts else _written_as_codes(name, cells)
    example = _number_with_unit(texts)
    if example is None:
        return None
    return Suspicion(f"holds texts such as '{example}'", "if they are a quantity, write plain numbers")


def to_ignore(texts: Sequence[str]) -> str:
    """The rule that has all of some texts count as missing."""
    return f"ignore: [{', '.join(map(yaml_quoted, texts))}]"


def quoted_list(texts: Sequence[str]) -> str:
    """The first ten of some texts, and how many more there are."""
    return listed([f"'{text}'" for text in texts], MOST_IGNORED)


def _among_numbers(name: str, texts: Sequence[str]) -> Suspicion:
    holds = f"holds {quoted_list(texts)} among its numbers"
    if len(texts) > MOST_IGNORED:
        return Suspicion(holds, "if they are a quantity, write plain numbers, and leave the cell empty where none is")
    rule = advice(name, f"kind: regression, {to_ignore(texts)}")
    return Suspicion(holds, f"if that means missing and the others are a quantity, {rule}")


def _written_as_codes(name: str, cells: ColumnCells) -> Suspicion:
    return Suspicion(
        f"holds numbers that are written like codes ('{cells.first_text}')",
        f"if they are a quantity, {advice(name, 'kind: regression')}",
    )


def _number_with_unit(texts: Sequence[str]) -> str | None:
    """The first of many numbers that share what is before and after the digits, or of many dates; None without such."""
    shapes = {text: shape for text in texts if (shape := _shape(text)) is not None}
    if not shapes:
        return None
    shape, count = Counter(shapes.values()).most_common(1)[0]
    many = len(shapes) > MOST_NUMBER_CLASSES and 2 * count >= len(shapes)
    return next(text for text in shapes if shapes[text] == shape) if many else None


def _shape(text: str) -> tuple[str, str] | None:
    """What is before and after the digits of a number, or ("date", "") of dates and times; None of other texts."""
    plain = text.strip()
    if _MOMENT.fullmatch(plain):
        return "date", ""
    measured = _MEASURED.fullmatch(plain)
    return (measured["before"], measured["after"].strip()) if measured else None
