"""What images show at a glance, for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from mtlue.faults import listed

if TYPE_CHECKING:
    from mtlue.evaluation.probes.glance import Glance

_NAMED = 5


def glance_table(glances: Sequence[Glance]) -> Table:
    """One row per task: its metric, the score of each probe, and that of the trivial predictor."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("task", "metric"):
        table.add_column(name)
    for name in (*glances[0].scores, "trivial"):
        table.add_column(name, justify="right")
    for one in glances:
        scores = [f"{score:.3g}" for score in (*one.scores.values(), one.trivial)]
        table.add_row(one.task, _metric(one), *scores)
    return table


def visible_note(visible: Sequence[Glance], most: int = _NAMED, audited: bool = True) -> str:
    """Name the tasks of which little protection is to be expected.

    Args:
        visible: those tasks, at least one.
        most: how many are named.
        audited: whether an audit could tell how much protection there is.
    """
    named = [f"{one.task} ({_metric(one)} {one.score:.3g} from the {one.probe})" for one in visible]
    measured = ", and let mtlue audit measure it before you publish" if audited else ""
    return (
        f"visible at a glance: {listed(named, most)}; a learner may take that up before the perturbation, so expect "
        f"little protection here{measured}"
    )


def _metric(one: Glance) -> str:
    return one.metric.replace("_", " ")
