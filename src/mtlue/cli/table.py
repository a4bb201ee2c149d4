"""``mtlue table``: print the tables of many evaluations, methods by learners, the paper's figures beside ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtlue.cli.console import err, out
from mtlue.cli.options import Parser
from mtlue.evaluation.records import RESULTS, Record, read_records
from mtlue.files import write_text
from mtlue.report.comparison import View, compare
from mtlue.report.footnotes import footnotes
from mtlue.report.headings import title
from mtlue.report.least_protected import least_protected
from mtlue.report.published import published_figures
from mtlue.report.renderings import RENDERINGS, Format, table
from mtlue.report.results import Results


@dataclass(frozen=True)
class TableOptions:
    """What the table shows.

    Args:
        metric: accuracy, or any other metric of the records; by default each task's headline metric.
        per_task: a column a task instead of means over tasks; errors always have one.
        recovery: recovery, paired by seed with the clean learner, instead of scores.
        published: the paper's figure beside ours where it is of the same experiment.
        format: terminal, markdown, latex (booktabs) or csv (long form).
        out: file to write instead of printing.
    """

    metric: str | None = None
    per_task: bool = False
    recovery: bool = False
    published: bool = True
    format: Format = "terminal"
    out: Path | None = None


def run(arguments: Sequence[str]) -> int:
    parser = Parser("table", __doc__ or "", TableOptions)
    parser.add_argument("records", type=Path, nargs="+", metavar="RECORDS", help="results.json, or the folder of one")
    options = parser.parse(arguments)
    chosen = parser.read(options, TableOptions)
    results = Results.of([record for path in options.records for record in _records(path)])
    figures = published_figures() if chosen.published else ()
    comparison = compare(results, View(chosen.metric, chosen.per_task, chosen.recovery, figures))
    notes = footnotes(results, comparison)
    lead = least_protected(results)
    for note in (*results.notes, *([*([lead] if lead else []), *notes] if chosen.format == "csv" else ())):
        err.print(f"note: {note}")
    if chosen.out is not None:
        write_text(chosen.out, RENDERINGS[chosen.format](comparison, notes, lead))
        out.print(f"table: {chosen.out}", soft_wrap=True)
    elif chosen.format == "terminal":
        for part in (*([lead] if lead else []), title(comparison), table(comparison), *notes):
            out.print(part, soft_wrap=isinstance(part, str))
    else:
        print(RENDERINGS[chosen.format](comparison, notes, lead), end="")
    return 0


def _records(path: Path) -> list[Record]:
    return read_records(path / RESULTS if path.is_dir() else path)
