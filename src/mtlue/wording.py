"""Counts in words. Imports nothing."""


def counted(count: int, one: str, several: str | None = None) -> str:
    """A count with what is counted.

    Args:
        count: how many.
        one: the noun, and what agrees with it, for one.
        several: the same for any other number; by default with the plural's usual ending.

    >>> counted(1, "class"), counted(3, "class"), counted(0, "row"), counted(2, "row has", "rows have")
    ('1 class', '3 classes', '0 rows', '2 rows have')
    """
    if count == 1:
        return f"1 {one}"
    ending = "es" if one.endswith(("s", "x", "sh", "ch")) else "s"
    return f"{count} {several or one + ending}"


def many(count: int, one: str) -> str:
    """The same with thousands apart, for counts that are read and not copied.

    >>> many(2310, "image"), many(1, "image")
    ('2,310 images', '1 image')
    """
    return counted(count, one).replace(str(count), f"{count:,}", 1)


def sentence(clause: str) -> str:
    """A clause as a sentence of its own.

    >>> sentence("half of it comes back")
    'Half of it comes back.'
    """
    return f"{clause[:1].upper()}{clause[1:]}."


def percent(share: float) -> str:
    """A share inside a sentence.

    >>> percent(0.594)
    '59 %'
    """
    return f"{100 * share:.0f} %"


def percent_between(low: float, high: float) -> str:
    """The ends of an interval of shares inside a sentence.

    >>> percent_between(0.55, 0.7)
    '55 to 70 %'
    """
    return f"{100 * low:.0f} to {percent(high)}"
