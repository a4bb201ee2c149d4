"""Which parts of a protection take the most time, and the options that shorten them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from mtlue.jobs.owner_events import SELF_CHECK
from mtlue.jobs.protection.expected_work import Work
from mtlue.methods import MethodChoice, Perturber
from mtlue.tasks import Task

SHORTENING = ("surrogate_epochs", "epochs")
"""Settings that each shorten one part of a fit: the surrogates' training, or the rest."""
_MOST, _MUCH = 0.5, 0.25
"""Shares of all operations: of parts that are worth naming together, and of each of them."""
_SMALL = 96
"""Side in pixels up to which images are small already."""


def longest_parts(
    choice: MethodChoice, tasks: Sequence[Task], work_of: Callable[[Perturber], float], work: Work | None = None
) -> tuple[str, ...]:
    """The settings that shorten parts which together take more than half of all operations, the longest part first.

    Args:
        choice: the method as it is asked for.
        tasks: of the dataset.
        work_of: operations of a method's fit.
        work: of all fits and checks that are expected; by default one fit without a check.

    Returns:
        Settings that each shorten a quarter or more; the self-check's alone where that takes more than half; none where
        nothing does.
    """
    whole, settings = work_of(choice.build(tasks)), choice.settings_for(tasks)
    fit, check = (whole, 0.0) if work is None else (work.fit, work.check)
    if check > _MOST * (fit + check):
        return (SELF_CHECK,)
    name, fields = choice.name_for(tasks), settings.to_json()
    if not whole:
        return ()

    def saved(option: str) -> float:
        shorter = replace(choice, name=name, settings=replace(settings, **{option: 1}))
        return (whole - work_of(shorter.build(tasks))) / whole * fit / (fit + check)

    savings = {option: saved(option) for option in SHORTENING if option in fields}
    longest = [option for option in savings if savings[option] >= _MUCH]
    if sum(savings[option] for option in longest) <= _MOST:
        return ()
    return tuple(sorted(longest, key=lambda option: -savings[option]))


def half_the_side(size: tuple[int, int], crop: tuple[int, int] | None) -> tuple[int, int] | None:
    """Half of (H, W), at which about a quarter of the pixels is computed; None of small images, and of crops of them.

    >>> half_the_side((256, 176), None), half_the_side((64, 64), None), half_the_side((256, 256), (64, 64))
    ((128, 88), None, None)
    """
    return None if crop is not None or max(size) <= _SMALL else (size[0] // 2, size[1] // 2)
