"""What a release adds to an attacker's own clean images: the difference of two recoveries, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mtlue.evaluation.recoveries.arms import Seeds, paired
from mtlue.evaluation.recoveries.quotients import interval
from mtlue.wording import percent, percent_between


@dataclass(frozen=True)
class Added:
    """Recovery with the release less recovery of the attacker's own clean images alone.

    Attributes:
        value: the mean over the seeds that have all learners; negative where the release makes a learner worse.
        low, high: 95 % interval, paired by seed and by bootstrap draw of the test images; NaN without draws.
    """

    value: float
    low: float
    high: float

    @property
    def text(self) -> str:
        """What is added, in words.

        >>> Added(0.12, 0.05, 0.19).text
        'the release adds 12 % (5 to 19 %)'
        >>> Added(0.05, -0.1, 0.2).text
        'the release adds 5 % (-10 to 20 %), which may be chance'
        >>> Added(-0.02, math.nan, math.nan).text
        'the release adds nothing'
        """
        within = "" if math.isnan(self.low) else f" ({percent_between(self.low, self.high)})"
        if self.value <= 0:
            return f"the release adds nothing{within}"
        return f"the release adds {percent(self.value)}{within}{', which may be chance' if self.low <= 0 else ''}"


def added(released: Seeds, own: Seeds, clean: Seeds, task: str) -> Added | None:
    """What learners of the release know more than learners of the attacker's own images, by the headline metric.

    Args:
        released, own, clean: learners of the release, of the attacker's own images and of clean images, with the same
            attack, by seed.

    Returns:
        None where no seed has all three, or clean images taught nothing.
    """
    ours = {seed: record for seed, record in released.items() if seed in own}
    quotient = paired(ours, clean, task).quotient
    alone = paired({seed: own[seed] for seed in ours}, clean, task).quotient
    difference = quotient.less(alone)
    if math.isnan(difference.mean):
        return None
    return Added(difference.mean, *interval(difference))
