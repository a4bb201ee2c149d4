"""Numbers as people write them in spreadsheets, 1,5 or 12.345,6 or 1'234, read as plain ones where that is certain."""

import re
from collections.abc import Collection

from mtlue.tables.advice import advice, yaml_quoted
from mtlue.tables.cells import Respelling, shown_cell

_GAPS = "'’\u00a0\u202f"
_FORMS: dict[str, tuple[re.Pattern[str], str, str, str]] = {
    name: (re.compile(rf"[+-]?(?:\d{{1,3}}(?:[{groups}]\d{{3}})+|\d+)(?:{re.escape(point)}\d+)?"), groups, point, words)
    for name, groups, point, words in (
        ("continental", f".{_GAPS}", ",", "commas are read as decimal points"),
        ("english", ",", ".", "commas between thousands are left out"),
        ("apostrophe", _GAPS, ".", "signs between thousands are left out"),
    )
}
"""Name -> a number's form, the signs between thousands, the decimal sign, and its note."""
_NUMBER = re.compile(rf"[+-]?\d[\d.,{_GAPS}]*")
_MARK = re.compile(rf"[,{_GAPS}]")
_PAIR = re.compile(r"([+-]?\d+),(\d+)")
_SURE_DECIMAL = re.compile(rf".*[.{_GAPS}].*,.*|[+-]?\d+,0(\d|\d{{3,}})|[+-]?0+,0\d*\d|[+-]\d+,(\d{{1,2}}|\d{{4,}})")
"""Thousands before the comma, a zero that begins the fraction, or a sign: no list of labels is written so."""
_NO_THOUSANDS = re.compile(r".*,(\d{1,2}|\d{4,})|[+-]?0,.*")
_SURE_THOUSANDS = re.compile(r"[+-]?\d{1,2},\d{3},\d{3}.*|.*,\d{3}\.\d+")
_ZERO_GROUP = re.compile(r"[+-]?\d{1,3},0\d\d")
_POINT_OR_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_COMMA_RULE = 'separator: ","'
_MOST_TEXTS = 10
"""Different texts among the numbers of a column that may be words for missing ones."""
_MANY = 10
"""Different cells that are enough to tell a vocabulary of labels from fractions, in a table of tabs."""
_TWO_EACH = 5
"""Different cells, each with one comma and none without, that no list of labels has, in a table of semicolons."""
_SEMICOLONS = (";", "|")
"""What separates cells where a comma is likely the decimal sign; tabs say nothing of it."""


def read_numerals(name: str, cells: Collection[str], separator: str, quantity: bool = False) -> Respelling:
    """How to read the cells of one column.

    Cells are changed only where each is a number in one notation and none could as well be a list of labels
    (``1,2``), nor a comma be a thousands separator as well.

    Args:
        name: of the column.
        cells: the different texts that are not missing.
        separator: what separates the table's cells.
        quantity: whether the user says that they are numbers; those among them that are none are then left.
    """
    numbers = {cell for cell in cells if _NUMBER.fullmatch(cell)}
    texts = sorted(set(cells) - numbers)
    form = _form(numbers, separator, quantity)
    if form is None:
        return Respelling(reading=_note_on_points(name, numbers, separator), doubt=_unclear(name, numbers, texts))
    if texts and not quantity:
        return Respelling(doubt=_note_on_texts(name, numbers, texts))
    _, groups, point, words = _FORMS[form]
    plain = {cell: re.sub(f"[{groups}]", "", cell).replace(point, ".") for cell in numbers}
    example = _example(numbers)
    sure = form != "continental" or any(map(_SURE_DECIMAL.fullmatch, numbers))
    otherwise = "" if sure else f"; if cells are lists, {advice(name, _COMMA_RULE)}"
    if form == "continental" and "," not in "".join(numbers):
        words = "points between thousands are left out"
    return Respelling(
        plain, f"column '{name}': {words} ('{shown_cell(example)}' is {shown_cell(plain[example])}){otherwise}"
    )


def _example(numbers: Collection[str]) -> str:
    marked = [cell for cell in numbers if not re.fullmatch(r"[+-]?\d+", cell)]
    return min(marked, key=lambda cell: (-len(cell), cell))


def _form(numbers: Collection[str], separator: str, quantity: bool) -> str | None:
    """The one notation that can be meant, where it is not the plain one."""
    commas = [cell for cell in numbers if "," in cell]
    fitting = [name for name, (form, *_) in _FORMS.items() if all(map(form.fullmatch, numbers))]
    if not any(map(_MARK.search, numbers)):
        several = quantity and any(cell.count(".") > 1 for cell in numbers)  # 1.234.567
        return "continental" if several and "continental" in fitting else None
    if not commas:
        return "apostrophe" if "apostrophe" in fitting else None
    if "continental" in fitting and _are_decimals(commas, numbers, separator, quantity):
        return "continental"
    return "english" if "english" in fitting and _are_thousands(commas, numbers, separator, quantity) else None


def _are_decimals(commas: Collection[str], numbers: Collection[str], separator: str, quantity: bool) -> bool:
    """Whether commas can only be decimal points."""
    if quantity:
        return any(map(_SURE_DECIMAL.fullmatch, commas)) or any(map(_NO_THOUSANDS.fullmatch, commas))
    if separator == ",":
        return False
    return any(map(_SURE_DECIMAL.fullmatch, commas)) or (
        any(map(_NO_THOUSANDS.fullmatch, commas)) and _are_no_labels(commas, numbers, separator)
    )


def _are_no_labels(commas: Collection[str], numbers: Collection[str], separator: str) -> bool:
    """Whether what follows the commas is of another kind than what precedes them or is alone in a cell.

    Labels of a list come from one vocabulary; so most that come second in one cell come first, or alone, in another.
    """
    if separator not in _SEMICOLONS and len(commas) < _MANY:
        return False
    pairs = [match.groups() for cell in commas if (match := _PAIR.fullmatch(cell))]
    if separator in _SEMICOLONS and len(pairs) == len(numbers) >= _TWO_EACH:
        return True
    first, second = ({pair[side] for pair in pairs} for side in (0, 1))
    elsewhere = first | {cell for cell in numbers if "," not in cell}
    lengths = {len(fraction) for fraction in second}
    if len(lengths) > 1 or max(lengths) > 1 or "0" in first:
        return 2 * len(second - elsewhere) > len(second)
    falling = all(float(whole) > float(fraction) for whole, fraction in pairs)
    return len(pairs) > 2 and falling and second.isdisjoint(elsewhere)  # 36,5 37,2 38,0


def _are_thousands(commas: Collection[str], numbers: Collection[str], separator: str, quantity: bool) -> bool:
    """Whether commas can only separate thousands. ``1,100`` alone may be two labels, ``1,002`` may not."""
    if any(map(_SURE_THOUSANDS.fullmatch, commas)):
        return True
    short = max(len(re.split(r"[,.]", cell.lstrip("+-"))[0]) for cell in numbers) <= 3
    begins = any(re.match(r"[+-]?\d{1,2},", cell) for cell in commas)
    return separator == "," and short and ((quantity and begins) or any(map(_ZERO_GROUP.fullmatch, commas)))


def _note_on_points(name: str, numbers: Collection[str], separator: str) -> str | None:
    """A hint where points may separate thousands, as in 980, 1.004, 1.017."""
    points = [cell for cell in numbers if "." in cell]
    whole = [cell for cell in numbers if "." not in cell]
    if not points or not all(map(_POINT_OR_THOUSANDS.fullmatch, points)):
        return None
    if not all(len(cell.lstrip("+-")) == 3 for cell in whole) or not (whole or separator == ";"):
        return None
    example = min(points)
    return (
        f"column '{name}': points are read as decimal points, so '{example}' is a number near {example.split('.')[0]}: "
        f"if they separate thousands, write {example.replace('.', '')}"
    )


def _note_on_texts(name: str, numbers: Collection[str], texts: list[str]) -> str | None:
    if len(texts) > min(_MOST_TEXTS, len(numbers)) or any(shown_cell(text) != text for text in texts):
        return None
    rule = advice(name, f"kind: regression, ignore: [{', '.join(map(yaml_quoted, texts))}]")
    return (
        f"column '{name}' holds '{texts[0]}' among numbers such as '{shown_cell(_example(numbers))}', so it is read "
        f"as text: if that means missing and the others are a quantity, {rule}"
    )


def _unclear(name: str, numbers: Collection[str], texts: list[str]) -> str | None:
    """What to do where commas may mean several things."""
    commas = sorted(cell for cell in numbers if "," in cell)
    if not commas or texts or not all(re.fullmatch(r"[+-]?\d+(,\d+)*", cell) for cell in numbers):
        return None
    several = any(cell.count(",") > 1 for cell in commas)
    decimals = not several and any(map(_NO_THOUSANDS.fullmatch, commas))
    meant = "several labels" if several else "a list of labels, or a decimal or a thousands comma"
    as_numbers = (
        advice(name, "kind: regression") if decimals else "write them with a point and nothing between thousands"
    )
    return (
        f"column '{name}' holds '{shown_cell(commas[0])}', which may be {meant}, so it is left as it is: if cells are "
        f"lists, {advice(name, _COMMA_RULE)}; if they are numbers, {as_numbers}"
    )
