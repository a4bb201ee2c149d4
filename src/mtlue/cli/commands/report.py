"""``mtlue report``: make the HTML report of an evaluation, with images where the release is given."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mtlue.cli.parsing.flags import flag
from mtlue.cli.parsing.options import Parser
from mtlue.cli.parsing.values import PLACE
from mtlue.cli.process import heavy_imports
from mtlue.cli.shared.clean_images import CleanOptions, clean_or_remembered
from mtlue.cli.shared.devices import RuntimeOptions
from mtlue.cli.telling.accounts import print_note
from mtlue.cli.terminal.console import out, say_next, typed
from mtlue.errors import InputError
from mtlue.jobs.learners.report_request import ReportRequest


@dataclass(frozen=True)
class ReportOptions:
    """What is reported.

    Args:
        out: HTML file to write; report.html next to the records by default.
        protected: the folder that protect wrote, which was evaluated, for its curves and some of its images beside the
            clean ones, which it remembers.
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
    request = ReportRequest(evaluation, options.protected, out=options.out, others=tuple(others))
    request.check()
    request = replace(request, clean=clean_or_remembered(options.protected, given[CleanOptions]))
    request.check()
    with heavy_imports():
        from mtlue.jobs.learners.report import run_report
        from mtlue.report.evaluations.page import write_page

        runtime = given[RuntimeOptions].runtime()
    try:
        material = run_report(request, runtime)
    except InputError as error:
        if given[CleanOptions].given() is not None:
            raise
        print_note(f"no images are shown, as those that the release remembers cannot be: {error.text}")
        material = run_report(replace(request, clean=None), runtime)
    write_page(request.page, material.records, material.images, material.fitting, material.complete, material.fidelity)
    out.print(f"report: {request.page}", soft_wrap=True)
    shows = (
        f". It shows clean images: keep it to yourself (without {flag('protected')} it shows none)"
        if material.images
        else f"; with {flag('data')} FOLDER it shows images, too"
    )
    say_next(f"open {typed(request.page)} in a browser; it needs no other file{shows if options.protected else ''}")
    return 0
