"""Recovery: how much of what clean images teach comes back, by attack. Computed from records alone; imports no torch.

**The definition.** *Recovery* of a task by an attack is

    (score - trivial) / (clean - trivial)

by the task's headline metric on clean test images: ``score`` of a learner of the released images, ``clean`` of a
learner of the clean images *with the same attack*, setting and seed, ``trivial`` of the best predictor that never
looks at an image. 1 is no protection, 0 is no better than trivial; below 0 a learner is worse than trivial, which is
kept as a number (:mod:`mtlue.evaluation.recoveries.texts` says how it is shown). An attack is tested on test images as
they are and as it treats its training images; the higher recovery of the two counts. Several seeds give their mean. The
same quotient against the plain clean learner (no attack at all) is kept beside it: there, what the attack costs a
learner counts for the protection.

**The reference.** An attack can cost learners more than the protection does: where its clean learner knows less than
half of what the plain one knows (both counted from trivial), the quotient says little of the release, and the plain
clean learner is the reference instead. :attr:`Recovery.reference` and every text that shows the value say so. Where an
attack's clean learner knows less than a tenth, or was not trained, there is no recovery; nor where too few test images
tell how much clean learners learn: where the lower end of the 95 % interval of ``clean - trivial`` is less than half
of it. A missing reference is never replaced by another.

**The interval** (95 %) lies between percentiles of bootstrap draws: the same draws of test images for all learners
(``Record.replicates``), so that quotients are paired, and for each of them several draws of the seeds, with
replacement. It says nothing of other seeds where there is only one.

**The control.** An attacker who has clean images of their own can learn from those alone. What an attack that uses them
gets back counts against the release only where it is more than that (:attr:`Recovery.adds`): an attack that adds
nothing to the attacker's own images is not the release's fault. The difference has an interval of the same kind
(:attr:`Recovery.added`). Its mean decides: what may be chance counts, too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mtlue.evaluation.learner import Setting
from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.added import Added, added
from mtlue.evaluation.recoveries.arms import Arm, Arms, Seeds, paired, scores_of, trivial_of
from mtlue.evaluation.recoveries.quotients import Sample, deviation, interval

PLAIN = "none"
"""The attack that trains on images as they are, which all others are compared with."""
UNLEARNED = "clean learners do not learn this"
WITHIN_CHANCE = "clean learners beat the trivial predictor by no more than chance explains"
HARDLY_LEARNED = "with this attack, clean learners hardly learn this"
UNCERTAIN = "there are too few test images to tell how much clean learners learn of this"
NO_REFERENCE = "there is no clean learner with the same attack"
LEARNED = 0.1
"""Share of what the plain clean learner knows more than trivial that an attack's clean learner has to know."""
COSTLY = 0.5
"""The same share, below which the plain clean learner is the reference."""
CERTAIN = 0.5
"""Share of what clean learners know more than trivial that the lower end of its interval has to reach."""
Reference = Literal["attack", "plain"]
"""Which clean learner a recovery is counted against: one with the same attack, or one without any."""
WIDE = 0.1
"""An interval that reaches further than this from its value is shown with it."""


@dataclass(frozen=True)
class Recovery:
    """What one attack gets back of one task; see the module for the definition.

    Attributes:
        attack: its name; the countermeasure's where a record names no attack.
        setting: mtl or stl.
        task: its name.
        value: the headline; NaN where it is undefined.
        against_plain: the same against the plain clean learner, on the same side; NaN where there is none.
        low, high: 95 % interval of ``value``; NaN where the records hold no bootstrap draws.
        std: of ``value`` over seeds (n - 1); NaN for one seed.
        seeds: those that count: they have both learners, and the clean one learned more than trivial.
        treat_test: the side: whether test images were treated, too.
        score, clean, trivial: means over seeds, of the headline metric; ``clean`` of the reference.
        control: recovery of the attacker's own clean images alone; None where there is no such learner.
        added: what the release adds to that, of the same seeds, with its interval; None where there is no such learner.
        own_score: mean over seeds of the score of such learners; None where there are none.
        own_images: how many of them the attack used; None where it needs none, or where records do not say.
        own_wanted: how many it would have used, had there been as many.
        metric: the headline metric's name.
        undefined: why there is no value; None where there is one.
        left_learnable: whether the release leaves the task learnable on purpose.
        reference: ``plain`` where the attack costs clean learners more than half of what they know.
        test_images: that it was measured on; None where that is not known.
    """

    attack: str
    setting: Setting
    task: str
    value: float
    against_plain: float
    low: float
    high: float
    std: float
    seeds: tuple[int, ...]
    treat_test: bool
    score: float
    clean: float
    trivial: float
    control: float | None = None
    added: Added | None = None
    own_score: float | None = None
    own_images: int | None = None
    own_wanted: int | None = None
    metric: str = ""
    undefined: str | None = None
    left_learnable: bool = False
    reference: Reference = "attack"
    test_images: int | None = None

    @property
    def defined(self) -> bool:
        """Whether there is a value."""
        return not math.isnan(self.value)

    @property
    def adds(self) -> bool:
        """Whether more comes back than the attacker's own clean images teach alone: what counts against the release.

        A recovery without a control of the same seeds counts.
        """
        return self.added is None or self.added.value > 0

    @property
    def sure(self) -> bool:
        """Whether it is more than nothing for sure: its interval does not reach 0. What has no interval is sure."""
        return self.defined and not self.low <= 0

    @property
    def wide(self) -> bool:
        """Whether the interval has to be shown with the value."""
        return is_wide(self.value, self.low, self.high)


def recovered(score: float, clean: float, trivial: float, higher_is_better: bool = True) -> float:
    """What a learner gets back of what clean images would have taught it.

    Args:
        score: of the learner, by any metric.
        clean: score of the learner of clean images.
        trivial: score of the best predictor that never looks at an image.
        higher_is_better: for the metric.

    Returns:
        (score - trivial) / (clean - trivial): 1 is no protection, 0 is no better than the trivial predictor, negative
        is misled. NaN where clean images taught nothing.

    >>> recovered(0.5, clean=0.9, trivial=0.1)
    0.5
    """
    taught = clean - trivial if higher_is_better else trivial - clean
    if math.isnan(taught) or taught <= 0:
        return math.nan
    return (score - trivial) / (clean - trivial)


def recoveries(records: Sequence[Record]) -> list[Recovery]:
    """Every attack's recovery of every task in every setting, the highest first, undefined ones last.

    Args:
        records: of one release, its clean learners among them.

    Raises:
        InputError: the records are of several datasets or releases, or learners that differ have one attack's name.
    """
    arms, found = Arms(records), []
    for attack, setting, task in arms.attacked():
        sides = [_recovery(arms, attack, setting, task, side) for side in (True, False)]
        found.append(max((side for side in sides if side is not None), key=_rank))
    return sorted(found, key=_rank, reverse=True)


def why_undefined(gain: Sample, own_gain: Sample, plain_gain: Sample) -> str | None:
    """Why there is no recovery; None where there is one.

    Args:
        gain: what the reference's clean learners know more than trivial, for each seed.
        own_gain: the same of clean learners with the same attack.
        plain_gain: the same without any attack; of no seed where there are no such learners.
    """
    if not own_gain.values.size:
        return NO_REFERENCE
    low, _ = interval(gain)
    if not gain.mean > 0:
        return UNLEARNED
    if low <= 0:
        return WITHIN_CHANCE
    if plain_gain.values.size and own_gain.mean < LEARNED * plain_gain.mean:
        return HARDLY_LEARNED
    return UNCERTAIN if low < CERTAIN * gain.mean else None


def is_wide(value: float, low: float, high: float) -> bool:
    """Whether an interval has to be shown with its value."""
    return max(high - value, value - low) > WIDE


def _recovery(arms: Arms, attack: str, setting: Setting, task: str, side: bool) -> Recovery | None:
    """One side's recovery; None where there is no learner of released images."""
    released = arms.of(Arm(attack, setting, side, "protected"), task)
    if not released:
        return None
    clean, own = (arms.of(Arm(attack, setting, side, condition), task) for condition in ("clean", "own"))
    unattacked = _plain(arms, setting, task)
    same, plain = paired(released, clean, task), paired(released, unattacked, task)
    reference = _reference(same.gain, plain.gain)
    used, clean = (plain, unattacked) if reference == "plain" else (same, clean)
    undefined = why_undefined(used.gain, same.gain, plain.gain)
    quotient = Sample.of([], []) if undefined else used.quotient
    low, high = interval(quotient)
    ours = list(released.values())
    return Recovery(
        attack=attack,
        setting=setting,
        task=task,
        value=quotient.mean,
        against_plain=plain.quotient.mean,
        low=low,
        high=high,
        std=deviation(quotient.values),
        seeds=_counted(released, clean, quotient),
        treat_test=side,
        score=scores_of(ours, task).mean,
        clean=scores_of(list(clean.values()), task).mean,
        trivial=trivial_of(ours, task).mean,
        control=_control(own, clean, task) if own and not undefined else None,
        added=added(released, own, clean, task) if own and not undefined else None,
        own_score=scores_of(list(own.values()), task).mean if own else None,
        own_images=max((one.own_images for one in ours if one.own_images is not None), default=None),
        own_wanted=max((one.own_wanted for one in ours if one.own_wanted is not None), default=None),
        metric=ours[0].headline[task],
        undefined=undefined,
        left_learnable=task in ours[0].unprotected,
        reference=reference,
        test_images=max(one.test_images for one in ours),
    )


def _reference(own_gain: Sample, plain_gain: Sample) -> Reference:
    """Which clean learner counts, from what both know more than trivial."""
    both = own_gain.values.size and plain_gain.values.size
    return "plain" if both and own_gain.mean < COSTLY * plain_gain.mean else "attack"


def _control(own: Seeds, clean: Seeds, task: str) -> float | None:
    """Recovery of the attacker's own images alone; None where no seed has both learners."""
    mean = paired(own, clean, task).quotient.mean
    return None if math.isnan(mean) else mean


def _plain(arms: Arms, setting: Setting, task: str) -> Seeds:
    """The clean learners without any attack; which side they were tested on makes no difference to them."""
    treated, untreated = (arms.of(Arm(PLAIN, setting, side, "clean"), task) for side in (True, False))
    return treated or untreated


def _counted(released: Seeds, clean: Seeds, quotient: Sample) -> tuple[int, ...]:
    if not quotient.values.size:
        return ()
    both = [seed for seed in released if seed in clean]
    return tuple(seed for seed, value in zip(both, quotient.values, strict=True) if not math.isnan(value))


def _rank(one: Recovery) -> tuple[bool, float]:
    """Highest for what comes first."""
    return one.defined, one.value if one.defined else 0.0
