"""How a recovery and its interval are said, on every page and terminal. Imports nothing heavy.

**Below zero.** A learner that is worse than trivial got nothing back: a recovery below 0 is shown as 0 (worse than
trivial), and an end of an interval below 0 as 0 (:func:`ends`). Records and ``audit.json`` keep the numbers. What a
release *adds* to an attacker's own images is a difference of two recoveries and keeps its sign.

**A recovery is an estimate.** A sentence says it with its interval, where records have one, and with the test images
and seeds that it was measured with. No sentence says "at most" of it: only the upper end of an interval bounds it, and
that for these learners alone.
"""

import math

from mtlue.evaluation.recoveries.recovery import Recovery
from mtlue.wording import counted, many, percent, percent_between

WORSE_THAN_TRIVIAL = "0 (worse than trivial)"


def shown(value: float) -> str:
    """A recovery as text: three decimals, and ``0 (worse than trivial)`` below 0.

    >>> shown(0.5), shown(-0.25)
    ('0.500', '0 (worse than trivial)')
    """
    return WORSE_THAN_TRIVIAL if is_below(value) else f"{abs(value):.3f}"


def in_words(value: float) -> str:
    """A recovery inside a sentence: whole percent, and nothing below 0.

    >>> in_words(0.594), in_words(-0.25)
    ('59 %', '0 % (worse than trivial)')
    """
    return "0 % (worse than trivial)" if is_below(value) else percent(abs(value))


def is_below(value: float) -> bool:
    """Whether a recovery of three decimals is below 0."""
    return round(value, 3) < 0


def ends(low: float, high: float) -> tuple[float, float]:
    """The ends of a recovery's interval as they are shown: none below 0.

    >>> ends(-0.179, 0.55)
    (0.0, 0.55)
    """
    return max(0.0, low), max(0.0, high)


def between(low: float, high: float, to: str = " to ") -> str:
    """A recovery's interval as text: ``to`` stands between its ends.

    >>> between(-0.179, 0.55), between(0.4, 0.55, ", ")
    ('0.00 to 0.55', '0.40, 0.55')
    """
    return to.join(f"{end:.2f}" for end in ends(low, high))


def interval_in_words(low: float, high: float) -> str:
    """The interval inside a sentence of percentages; "" where records have none.

    >>> interval_in_words(-0.179, 0.55)
    '95 % interval 0 to 55 %'
    >>> interval_in_words(-0.6, -0.2)
    '95 % interval below 0'
    """
    if math.isnan(low):
        return ""
    return "95 % interval below 0" if is_below(high) else f"95 % interval {percent_between(*ends(low, high))}"


def measured_with(test_images: int | None, seeds: int) -> str:
    """What an estimate rests on.

    >>> measured_with(2310, 1), measured_with(None, 3)
    ('2,310 test images; 1 seed', '3 seeds')
    """
    images = [] if test_images is None else [many(test_images, "test image")]
    return "; ".join([*images, counted(seeds, "seed")])


def details(one: Recovery) -> str:
    """What stands in brackets after a recovery: its interval, and what it was measured with.

    >>> age = Recovery("none", "mtl", "age", 0.02, 0.02, -0.25, 0.17, 0.0, (0,), True, 0.5, 0.9, 0.1, test_images=58)
    >>> details(age)
    '95 % interval 0 to 17 %; 58 test images; 1 seed'
    """
    known = interval_in_words(one.low, one.high)
    return "; ".join(filter(None, [known, measured_with(one.test_images, len(one.seeds))]))
