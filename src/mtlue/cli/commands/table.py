"""``mtlue table``: print the tables of many evaluations, methods by learners, the paper's scores next to ours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mtlue.cli.parsing.options import Parser
from mtlue.cli.parsing.values import PLACE
from mtlue.cli.terminal.console import err, out, say_next
from mtlue.evaluation.records import RESULTS, Record, read_records
from mtlue.files import write_text
from mtlue.jobs.learners.evaluated import records_file
from mtlue.jobs.learners.results_file import is_whole
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.requests.places import check_place
from mtlue.report.records.published import published_scores
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import TableView
from mtlue.report.tables.comparison import Comparison, compare
from mtlue.report.tables.footnotes import footnotes
from mtlue.report.tables.headings import comparison_title
from mtlue.report.tables.least_protected import least_protected
from mtlue.report.tables.renderings import RENDERINGS, Format, table, terminal_notes


@dataclass(frozen=True)
class TableOptions:
    """What the table shows.

    Args:
        metric: accuracy, or any other metric of the records; by default each task's headline metric.
        per_task: one column per task instead of means over tasks; errors always have one.
        recovery: recovery, paired by seed with the clean learner, instead of scores; the mean of the tasks' recoveries.
        ratio_of_means: the recovery of the mean over tasks instead, (mean score - mean trivial) / (mean clean - mean
            trivial), in which a task that clean images hardly teach does not drown the others.
        published: the paper's score next to ours where it belongs to the same experiment.
        format: terminal, markdown, latex (booktabs) or csv (long form).
        out: file to write instead of printing.
    """

    metric: str | None = None
    per_task: bool = False
    recovery: bool = False
    ratio_of_means: bool = False
    published: bool = True
    format: Format = "terminal"
    out: Path | None = None

    def view(self) -> TableView:
        """What the options ask to show."""
        published = published_scores() if self.published else ()
        recovery = self.recovery or self.ratio_of_means
        return TableView(self.metric, self.per_task, False, recovery, self.ratio_of_means, published)


@dataclass(frozen=True)
class RecordFiles:
    """Which evaluations.

    Args:
        records: results.json, or the folder of one.
    """

    records: list[Path] = field(metadata={PLACE: "RECORDS"})


def run(arguments: Sequence[str]) -> int:
    given = Parser("table", __doc__ or "", RecordFiles, TableOptions).parse(arguments)
    options = given[TableOptions]
    if options.out is not None:
        check_place(options.out)
    results = SortedRecords.of([record for path in given[RecordFiles].records for record in _records(path)])
    comparison = compare(results, options.view())
    lead = least_protected(results, options.metric)
    notes = footnotes(results, comparison)
    _print_notes(results.notes)
    if options.format == "csv":  # holds numbers alone
        _print_notes([*([lead] if lead else []), *notes])
    if options.out is not None:
        write_text(options.out, RENDERINGS[options.format](comparison, notes, lead))
        out.print(f"table: {options.out}", soft_wrap=True)
    elif options.format == "terminal":
        _print_table(comparison, notes, lead)
        say_next("--format markdown, latex or csv, and --out FILE, take it elsewhere")
    else:
        print(RENDERINGS[options.format](comparison, notes, lead), end="")
    return 0


def _print_notes(notes: Sequence[str]) -> None:
    for note in notes:
        err.print(f"note: {note}")


def _print_table(comparison: Comparison, notes: Sequence[str], lead: str | None) -> None:
    for above in filter(None, (lead, comparison_title(comparison))):
        out.print(above)
    out.print(table(comparison))
    for note in terminal_notes(comparison, notes):
        out.print(note)


def _records(path: Path) -> list[Record]:
    file = records_file(path)
    records = read_records(file)
    if file.name == RESULTS and not is_whole(RunFolder(file.parent), len(records)):
        _print_notes([f"{path}: this evaluation has not ended; the same command as before finishes it"])
    return records
