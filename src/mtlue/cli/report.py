"""``mtlue report``: make the HTML report of an evaluation, with images where the release and its source are given."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mtlue.cli.console import RuntimeOptions, out, say_next
from mtlue.cli.options import Parser
from mtlue.cli.process import flag, heavy_imports
from mtlue.cli.values import PLACE
from mtlue.cli.verify import CleanOptions
from mtlue.jobs.learners.report_request import ReportRequest


@dataclass(frozen=True)
class ReportOptions:
    """What is reported.

    Args:
        out: HTML file to write; report.html next to the records by default.
        protected: the release that was evaluated, for its images and curves.
    """

    out: Path | None = None
    protected: Path | None = None


@dataclass(frozen=True)
class EvaluationFolder:
    """Which evaluations.

    Args:
        evaluations: the folder that evaluate wrote, or several of one dataset.
    """

    evaluations: list[Path] = field(metadata={PLACE: "DIR"})


def run(arguments: Sequence[str]) -> int:
    groups = (EvaluationFolder, ReportOptions, CleanOptions, RuntimeOptions)
    given = Parser("report", __doc__ or "", *groups).parse(arguments)
    options = given[ReportOptions]
    evaluation, *others = given[EvaluationFolder].evaluations
    request = ReportRequest(
        evaluation, options.protected, given[CleanOptions].given(), out=options.out, others=tuple(others)
    )
    request.check()
    with heavy_imports():
        from mtlue.jobs.learners.report import run_report
        from mtlue.report.page import write_page

        runtime = given[RuntimeOptions].runtime()
    material = run_report(request, runtime)
    write_page(request.page, material.records, material.images, material.fitting, material.complete, material.fidelity)
    out.print(f"report: {request.page}", soft_wrap=True)
    shows = ", and shows clean images" if material.images else f"; with {flag('data')} FOLDER it shows images, too"
    say_next(f"open it in a browser; it needs no other file{shows if options.protected else ''}")
    return 0
