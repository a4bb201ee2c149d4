"""Which part of a protection takes the most time, and the option that shortens it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from mtlue.jobs.owner_events import SELF_CHECK
from mtlue.jobs.protection.expected_work import Work
from mtlue.methods import MethodChoice, Perturber
from mtlue.tasks import Task

SHORTENING = ("surrogate_epochs", "epochs")
"""Settings that each shorten one part of a fit: the surrogates' training, or the rest."""
_MOST = 0.5


def longest_part(
    choice: MethodChoice, tasks: Sequence[Task], work_of: Callable[[Perturber], float], work: Work | None = None
) -> str | None:
    """The setting that shortens the part which takes more than half of all operations; None where none does.

    Args:
        choice: the method as it is asked for.
        tasks: of the dataset.
        work_of: operations of a method's fit.
        work: of all fits and checks that are expected; by default one fit without a check.
    """
    whole, settings = work_of(choice.build(tasks)), choice.settings_for(tasks)
    fit, check = (whole, 0.0) if work is None else (work.fit, work.check)
    if check > _MOST * (fit + check):
        return SELF_CHECK
    name, fields = choice.name_for(tasks), settings.to_json()

    def saved(option: str) -> float:
        shorter = replace(choice, name=name, settings=replace(settings, **{option: 1}))
        return whole - work_of(shorter.build(tasks))

    savings = {option: saved(option) for option in SHORTENING if option in fields}
    longest = max(savings, key=lambda option: savings[option], default=None)
    if longest is None or not whole:
        return None
    return longest if savings[longest] / whole * fit > _MOST * (fit + check) else None
