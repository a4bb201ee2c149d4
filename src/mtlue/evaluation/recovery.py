"""Recovery: how much of what clean images teach comes back, by attack. Computed from records alone; imports no torch.

**The definition.** *Recovery* of a task by an attack is

    (score - trivial) / (clean - trivial)

by the task's headline metric on clean test images: ``score`` of a learner of the released images, ``clean`` of a learner
of the clean images *with the same attack*, same setting and same seed, ``trivial`` of the best predictor that never
looks at an image. 1 is no protection, 0 is no better than trivial; below 0 the learner is worse than trivial, which is
shown as 0 and kept as a number. An attack is tested on test images as they are and as it treats its training images;
the higher recovery of the two counts. It is the mean over seeds. The same quotient against the plain clean learner (no
attack at all) is kept beside it: it counts what an attack costs a learner for the protection, and is therefore never the
headline where the attack's own clean learner exists.

A missing reference is never replaced by another. A recovery is undefined where clean learners do not learn the task:
where the 95 % interval of ``clean - trivial`` holds 0, or where it is less than a tenth of the plain clean learner's.

**The interval** (95 %) is between percentiles of bootstrap draws: the same draws of test images for all learners
(``Record.replicates``), so that quotients are paired, and for each of them several draws of the seeds, with
replacement. One seed says nothing of other seeds.

**The worst over attacks** is the highest recovery of a defined one, with its own interval and with the number of attacks
that were tried. The highest of many is too high by chance rather than too low; what lies within its interval cannot be
told from it (:attr:`Worst.rivals`) and deserves more seeds.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mtlue.errors import InputError
from mtlue.evaluation.learner import Setting
from mtlue.evaluation.records import Record

PLAIN = "none"
"""Name of the attack that does nothing: what the plain clean learner is part of."""
UNLEARNED = "clean learners do not learn this"
LEARNED = 0.1
"""Share of what the plain clean learner knows more than trivial that an attack's clean learner has to know."""
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
        score, clean, trivial: means over seeds, of the headline metric.
        control: recovery of the attacker's own clean images alone; None where there is no such learner.
        metric: the headline metric's name.
        undefined: why there is no value; None where there is one.
        left_learnable: whether the release leaves the task learnable on purpose.
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
    metric: str = ""
    undefined: str | None = None
    left_learnable: bool = False

    @property
    def defined(self) -> bool:
        """Whether there is a value."""
        return not math.isnan(self.value)

    @property
    def wide(self) -> bool:
        """Whether the interval has to be shown with the value."""
        return max(self.high - self.value, self.value - self.low) > WIDE


@dataclass(frozen=True)
class Worst:
    """The highest of several recoveries.

    Attributes:
        recovery: the highest by value.
        attacks: how many attacks were tried and have a defined recovery.
        rivals: attacks whose interval reaches as high as this value: they may be worse.
    """

    recovery: Recovery
    attacks: int
    rivals: tuple[str, ...]


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
        InputError: the records are of several datasets or releases, or one attack's learners differ.
    """
    raise NotImplementedError


def worst(found: Sequence[Recovery]) -> Worst | None:
    """The highest recovery; None where none is defined. Tasks that are learnable on purpose do not count."""
    raise NotImplementedError


def attack_of(record: Record) -> str:
    """The attack that a learner is part of."""
    return record.attack or record.learner.countermeasure
