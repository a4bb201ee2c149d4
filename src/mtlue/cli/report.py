"""``mtlue report``: make the HTML report of an evaluation, with images where the release and its source are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtlue.cli.console import RuntimeOptions, out
from mtlue.cli.options import Parser
from mtlue.cli.verify import CleanOptions
from mtlue.report.job import write_report


@dataclass(frozen=True)
class ReportOptions:
    """What is reported.

    Args:
        out: HTML file to write; report.html beside the records by default.
        protected: the release that was evaluated, for its images and curves.
    """

    out: Path | None = None
    protected: Path | None = None


def run(arguments: Sequence[str]) -> int:
    parser = Parser("report", __doc__ or "", ReportOptions, CleanOptions, RuntimeOptions)
    parser.add_argument("evaluation", type=Path, metavar="DIR", help="the folder that evaluate wrote")
    options = parser.parse(arguments)
    report, data = parser.read(options, ReportOptions), parser.read(options, CleanOptions)
    page = write_report(
        options.evaluation,
        report.protected,
        data if data.dataset is not None else None,
        report.out or options.evaluation / "report.html",
        parser.read(options, RuntimeOptions).runtime(),
    )
    out.print(f"report: {page}", soft_wrap=True)
    return 0
