"""What can be asked of a release's own check. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from mtlue.errors import check_least, check_most, param
from mtlue.evaluation.recoveries.judgement import LIMIT
from mtlue.faults import Faults

MOST_ATTEMPTS = 100


@dataclass(frozen=True)
class SelfCheckOptions:
    """Whether the protection holds.

    Args:
        self_check: before anything is written, train a small learner on protected images and one on clean images, and
            say which task is protected least (about a minute on two cores; the time is said first).
        attempts: fit at most this often, each time with another secret, until no task is left learnable; the best fit
            is released. By default 2 for em, tap and sep, which a second fit may help, and 1 for other methods and
            where only a fraction of the images is protected.
        check_limit: recovery above which a task counts as left learnable: 0 is no better than never looking at an
            image, 1 as good as learning from clean images.
    """

    self_check: bool = True
    attempts: int | None = None
    check_limit: float = LIMIT

    def check(self) -> None:
        """Refuse what means nothing.

        Raises:
            InputError: names the options.
        """
        faults = Faults()
        for refuse, bound in ((check_least, 1), (check_most, MOST_ATTEMPTS)):
            with faults.gathered():
                refuse(self, attempts=bound)
        if not 0 <= self.check_limit <= 1:
            faults.add(f"{param('check_limit')} {self.check_limit:g} is out of range: give 0 to 1")
        if not self.self_check and (self.attempts or 1) > 1:
            faults.add(
                f"{param('attempts')} {self.attempts}: without {param('self_check')} nothing says which fit is best: "
                "leave one of the two out"
            )
        faults.check()
