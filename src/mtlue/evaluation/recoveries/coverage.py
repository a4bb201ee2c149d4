"""How many of the attacks an audit tried: without it, no figure of a verdict means much. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mtlue.evaluation.recoveries.untold import FEW_TESTED, NOTHING_LEARNED
from mtlue.evaluation.recoveries.verdict import NOT_ASKED

NO_TIME = "no time left in the budget"
"""Why an attack was not tried that a budget left no time for."""


@dataclass(frozen=True)
class Coverage:
    """How many attacks were tried.

    Attributes:
        tried: how many, whether or not anything came back; without those that failed.
        known: how many there are.
        possible: whether those that were not tried, and did not fail, could not be, or need to be named.
        named: whether some of them need to be named.
        failed: how many an error ended.
        complete: whether the audit ended.
    """

    tried: int
    known: int
    possible: bool
    named: bool = False
    failed: int = 0
    complete: bool = True

    @classmethod
    def of(
        cls,
        known: Collection[str],
        tried: Collection[str],
        not_run: Mapping[str, str],
        costly: Collection[str],
        failed: Collection[str] = (),
        complete: bool = True,
    ) -> Coverage:
        """Count.

        Args:
            known: names of all attacks that the audit knew.
            tried: names of those that were tried.
            not_run: attack -> why it was not tried.
            costly: names of those that are tried only where they are named.
            failed: names of those that an error ended, before anything was found or after.
            complete: whether the audit ended.
        """  # fmt: skip
        ended = [name for name in known if name in tried and name not in failed]
        broken = [name for name in known if name in failed]
        left = {name: why for name, why in not_run.items() if name in known and name not in {*ended, *broken}}
        unasked = [name for name, why in left.items() if why == NOT_ASKED]
        withheld = {NO_TIME, FEW_TESTED, NOTHING_LEARNED}.intersection(left.values())
        possible = not withheld and all(name in costly for name in unasked)
        return cls(len(ended), len(known), possible, bool(unasked), len(broken), complete)

    @property
    def text(self) -> str:
        """Of all attacks, in a clause.

        >>> Coverage(12, 69, False).text, Coverage(69, 69, True).text
        ('12 of 69 attacks tried', 'all 69 attacks tried')
        >>> Coverage(60, 69, True).text, Coverage(5, 69, True, complete=False).text
        ('60 of 69 attacks tried, all that are possible here', '5 of 69 attacks tried so far')
        >>> Coverage(12, 69, False, failed=2).text
        '12 of 69 attacks tried, 2 failed'
        >>> Coverage(58, 69, True, failed=2).text
        '58 of 69 attacks tried, all that are possible here, but for 2 that failed'
        """
        if self.complete and self.tried == self.known:
            return f"all {self.known} attacks tried"
        counted = f"{self.tried} of {self.known} attacks tried{'' if self.complete else ' so far'}"
        if not self.complete or not self.possible or self.tried + self.failed == self.known:
            return f"{counted}, {self.failed} failed" if self.failed else counted
        failed = [f"{self.failed} that failed"] if self.failed else []
        named = ["those that are tried only where they are named"] if self.named else []
        without = " and ".join([*failed, *named])
        return f"{counted}, all that are possible here{', but for ' if without else ''}{without}"

    @property
    def above_a_list(self) -> str:
        """The same as a sentence, where those that were not tried are listed further down."""
        return self._with("the others are listed below")

    @property
    def above_a_page(self) -> str:
        """The same as a sentence, where the page names those that were not tried."""
        return self._with("the page names the others")

    def _with(self, others: str) -> str:
        listed = f"; {others}" if self.complete and self.tried < self.known else ""
        return f"{self.text[0].upper()}{self.text[1:]}{listed}."
