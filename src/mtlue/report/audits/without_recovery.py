"""Of which tasks, and by which attacks, an audit knows no recovery, and why: in sentences for the release's owner."""

from collections.abc import Iterator, Sequence

from mtlue.evaluation.audits.records import AuditReport
from mtlue.evaluation.recoveries.recovery import (
    HARDLY_LEARNED,
    NO_REFERENCE,
    PLAIN,
    UNCERTAIN,
    UNLEARNED,
    WITHIN_CHANCE,
    Recovery,
)
from mtlue.faults import listed

NAMED = 8
"""Tasks or attacks that a sentence names."""
_REASONS = {
    UNLEARNED: "a clean learner does not learn {it}",
    WITHIN_CHANCE: "a clean learner learns no more of {it} than chance explains",
    HARDLY_LEARNED: "a clean learner hardly learns {it} with {this}",
    UNCERTAIN: "there are too few test images to tell how much a clean learner learns of {it}",
    NO_REFERENCE: "there is no clean learner with {this} to compare with",
}
_NO_SCORE = "a learner has no score of {it}"
_PLAIN = "learners without an attack"
_Attacks = tuple[str, ...]
"""Those that a reason is true of; none where it is true of all."""


def without_recovery(report: AuditReport) -> list[str]:
    """A sentence for each reason why there is no recovery of some tasks: by any attack first, then by some."""
    of_tasks: dict[tuple[str, str], list[Recovery]] = {}
    for one in report.recoveries:
        of_tasks.setdefault((one.task, one.setting), []).append(one)
    kinds: dict[tuple[bool, str], list[tuple[_Attacks, str, str]]] = {}
    for (task, setting), found in of_tasks.items():
        for why, attacks in _without(found):
            kinds.setdefault((bool(attacks), why), []).append((attacks, task, setting))
    return [_sentence(why, rows) for (_, why), rows in sorted(kinds.items(), key=lambda item: item[0][0])]


def _without(of_task: Sequence[Recovery]) -> Iterator[tuple[str, _Attacks]]:
    """Why attacks have no recovery of a task; where none has, the reason of the plain learner is that of all."""
    undefined = [one for one in of_task if not one.defined]
    if undefined and len(undefined) == len(of_task):
        plain = next((one for one in undefined if one.attack == PLAIN), None)
        reasons = {one.undefined for one in undefined}
        if plain is not None or len(reasons) == 1:
            yield (plain or undefined[0]).undefined or "", ()
            return
    for why in dict.fromkeys(one.undefined or "" for one in undefined):
        yield why, tuple(one.attack for one in undefined if (one.undefined or "") == why)


def _sentence(why: str, rows: Sequence[tuple[_Attacks, str, str]]) -> str:
    """Why some tasks have no recovery by some attacks.

    Args:
        rows: attacks, none for all; task; setting.
    """
    settings: dict[str, set[str]] = {}
    for _, task, setting in rows:
        settings.setdefault(task, set()).add(setting.upper())
    of = listed([f"'{task}' ({' and '.join(sorted(of_task))})" for task, of_task in settings.items()], NAMED)
    attacks = list(dict.fromkeys(_PLAIN if name == PLAIN else name for names, _, _ in rows for name in names))
    some = "some of " if len({names for names, _, _ in rows}) > 1 else ""
    by = f"{some}{listed(attacks, NAMED)}" if attacks else "any attack"
    this = {0: "any attack", 1: "the attack"}.get(len(attacks), "these attacks")
    reason = _REASONS.get(why, _NO_SCORE).format(it="it" if len(settings) == 1 else "them", this=this)
    return f"No recovery of {of} by {by}, because {reason}."
