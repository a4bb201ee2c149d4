"""The page of an audit: the verdict, every attack, attacks by tasks, what attacks see, and what was not tried."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from mtlue._version import __version__
from mtlue.errors import InputError, spoken
from mtlue.evaluation.audits.records import AuditReport
from mtlue.evaluation.recoveries.recovery import Recovery
from mtlue.evaluation.recoveries.verdict import HELD_OUT
from mtlue.files import write_text
from mtlue.report.audits import texts
from mtlue.report.audits.charts import CELL, bars, grid
from mtlue.report.audits.control import control_text
from mtlue.report.audits.left_out import left_out_of_grid, left_out_of_table
from mtlue.report.audits.rows import AttackRow, PageRows, matrix_columns, rare_classes
from mtlue.report.audits.without_recovery import without_recovery
from mtlue.report.html import templates
from mtlue.report.names import release_in_words
from mtlue.report.pictures.figures import strip
from mtlue.report.tables.cells import NO_VALUE
from mtlue.report.tables.footnotes import few_tested
from mtlue.tasks.scoring import COUNTED_FROM
from mtlue.wording import counted

MOST_COLUMNS = 100
"""Tasks of the matrix, once for each setting; those that come back most."""
SHORT_ROWS, BARS = 8, 15
"""Of the short table and of the chart that is not folded: the attacks that get back most."""
SHORT_COLUMNS = ("attack", "recovery", "95 %", "task", "needs")


@dataclass(frozen=True)
class AuditPage:
    """What the page shows.

    Args:
        report: of the audit, with a record at least.
        detection: what a detector finds, in sentences.
        pictures: what an attack sees -> images uint8 [N, C, H, W], as many of each. The page embeds them.
        shows_clean: whether clean images are among them: the page then says that it is not to be published.
    """

    report: AuditReport
    detection: Sequence[str] = ()
    pictures: Mapping[str, Tensor] = field(default_factory=dict)
    shows_clean: bool = False

    @property
    def title(self) -> str:
        """What was audited, in a line."""
        report = self.report
        return release_in_words(report.dataset, report.method, report.epsilon, report.largest_change)


def write_audit_page(path: Path, page: AuditPage) -> None:
    """Write the page of an audit, whole.

    Args:
        path: of the HTML file.
        page: what it shows.

    Raises:
        InputError: there is no record.
        OutputError: the file cannot be written.
    """
    report = page.report
    if not report.records:
        raise InputError("there is no record to make a page of: let the audit finish a learner first")
    rows = PageRows.of(report)
    drawn = [*rows.real, *rows.oracles]
    columns = list(dict.fromkeys([*matrix_columns(rows.real), *matrix_columns(rows.oracles)]))
    text = templates().get_template("audit.html").render(
        page=page,
        report=report,
        rows=rows,
        columns=columns[:MOST_COLUMNS],
        left_out=len(columns[MOST_COLUMNS:]),
        short=[_short(row, row.worst) for row in rows.real[:SHORT_ROWS] if row.worst is not None],
        without_row=left_out_of_table(rows.real),
        without_cell=left_out_of_grid(drawn, columns),
        short_columns=SHORT_COLUMNS,
        bars=bars,
        most=BARS,
        grid=grid([row for row in drawn if row.known], columns[:MOST_COLUMNS]),
        cell=CELL,
        own_images=any(one.control is not None for one in report.recoveries),
        untried=_untried(report),
        facts=_facts(report),
        advice=spoken(texts.what_would_tell(report)),
        reasons={spoken(why): names for why, names in report.reasons.items()},
        failures={spoken(why): names for why, names in report.failures.items()},
        verdict=texts.explained([(step.name, spoken(step.finding)) for step in report.verdict]),
        rare=rare_classes(report.records),
        cost=texts.cost_text(report),
        control=control_text(report),
        pictures={name: strip(images) for name, images in page.pictures.items()},
        few_tested=few_tested(report.records),
        texts=texts,
        without_recovery=without_recovery(report),
        held_out=HELD_OUT,
        counted_from=COUNTED_FROM,
        versions=report.records[0].versions,
        version=__version__,
    )  # fmt: skip
    write_text(path, text)


def _short(row: AttackRow, one: Recovery) -> tuple[str, ...]:
    """A row of the short table."""
    interval = NO_VALUE if math.isnan(one.low) else texts.interval_text(one)
    return row.attack.name, texts.value_text(one), interval, f"{one.task}, {one.setting.upper()}", row.needs


def _untried(report: AuditReport) -> str:
    """How many attacks were not tried, by reason."""
    reasons = [f"{spoken(why)}: {len(names)}" for why, names in report.reasons.items()]
    return f"{counted(sum(map(len, report.reasons.values())), 'attack')} ({'; '.join(reasons)})"


def _facts(report: AuditReport) -> dict[str, Any]:
    """What was compared, for the line below the verdict."""
    shown = next((record for record in report.records if record.condition == "protected"), report.records[0])
    return {
        "train": shown.train_images,
        "test": shown.test_images,
        "seeds": len({record.learner.seed for record in report.records}),
        "learnable": report.left_learnable,
    }
