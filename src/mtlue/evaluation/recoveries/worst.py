"""The worst of many recoveries, and what comes back on average over many tasks. Imports no torch.

**The worst over attacks** is the highest defined recovery of those that count against the release, with its own
interval and the number of attacks that were tried. An attack that adds nothing to its control never hides a lower
recovery that does, and is named only where nothing else is left. The highest of many is high by chance, too: attacks
whose interval reaches it cannot be told from it (:attr:`Worst.rivals`) and deserve more seeds.

**The mean over tasks.** The worst of forty tasks by thirty attacks is far up by chance alone. What comes back of all
tasks together is

    (mean score - mean trivial) / (mean clean - mean trivial)

over the tasks that have a recovery without any attack: no task's small difference is divided by. Beside it stands the
same of the attacker's own clean images alone, where the attack needs some: as with single recoveries, an attack that
adds nothing to these comes after all that do.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mtlue.evaluation.learner import Setting
from mtlue.evaluation.recoveries.recovery import PLAIN, Recovery, recovered

FEW = 3
"""Tasks up to which each one is looked at by itself."""


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


@dataclass(frozen=True)
class Mean:
    """What an attack gets back of many tasks together.

    Attributes:
        attack: its name.
        setting: mtl or stl.
        value: see the module.
        tasks: how many there are.
        control: the same of the attacker's own clean images alone; None where a task has no such learner.
    """

    attack: str
    setting: Setting
    value: float
    tasks: int
    control: float | None = None

    @property
    def adds(self) -> bool:
        """Whether more comes back than the attacker's own clean images teach alone, as far as that is known."""
        return self.control is None or self.value > self.control


def worst(found: Sequence[Recovery]) -> Worst | None:
    """The highest recovery that counts against the release; where none does, the highest.

    None where no recovery is defined. Tasks that are learnable on purpose do not count.
    """
    tried = [one for one in found if one.defined and not one.left_learnable]
    if not tried:
        return None
    highest = max(tried, key=severity)
    rivals = [one for one in tried if one.attack != highest.attack and one.adds >= highest.adds]
    reaching = dict.fromkeys(one.attack for one in rivals if one.high >= highest.value)
    return Worst(highest, len({one.attack for one in tried}), tuple(reaching))


def severity(one: Recovery) -> tuple[bool, bool, float]:
    """Highest for what is worst for the owner: what adds nothing to the attacker's own images comes after what does."""
    return one.defined, one.defined and one.adds, one.value if one.defined else 0.0


def counting(found: Sequence[Recovery], holdout: Collection[str] = ()) -> list[Recovery]:
    """Those of tasks that the release protects, what counts most against it first, undefined ones last.

    Args:
        found: of one release.
        holdout: tasks that it does not hold.
    """
    counted = [one for one in found if not one.left_learnable and one.task not in holdout]
    return sorted(counted, key=severity, reverse=True)


def means(found: Sequence[Recovery]) -> list[Mean]:
    """What each attack gets back of all tasks together in each setting, what counts most against the release first.

    Of the tasks of the commonest headline metric that are protected and that the plain clean learner learns, where an
    attack has been tried on all of them.
    """
    learned = [one for one in found if one.attack == PLAIN and one.defined and not one.left_learnable]
    metrics = [one.metric for one in learned]
    by_setting: dict[Setting, set[str]] = {}
    for one in learned:
        if one.metric == max(metrics, key=metrics.count):
            by_setting.setdefault(one.setting, set()).add(one.task)
    rows: dict[tuple[str, Setting], list[Recovery]] = {}
    for one in found:
        if one.task in by_setting.get(one.setting, ()) and not math.isnan(one.clean):
            rows.setdefault((one.attack, one.setting), []).append(one)
    whole = [(key, of) for key, of in rows.items() if len(of) == len(by_setting[key[1]])]
    return sorted((_mean(*key, of) for key, of in whole), key=lambda mean: (mean.adds, mean.value), reverse=True)


def _mean(attack: str, setting: Setting, of: Sequence[Recovery]) -> Mean:
    score, clean, trivial = (sum(getattr(one, name) for one in of) for name in ("score", "clean", "trivial"))
    higher = clean >= trivial  # errors are lower where more is learned
    own = [one.own_score for one in of if one.own_score is not None]
    control = recovered(sum(own), clean, trivial, higher) if len(own) == len(of) else None
    return Mean(attack, setting, recovered(score, clean, trivial, higher), len(of), control)
