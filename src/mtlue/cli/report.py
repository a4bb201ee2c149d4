"""``mtlue report``: make the HTML report of an evaluation, with images where the release and its source are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtlue.cli.console import RuntimeOptions, out
from mtlue.cli.options import Parser
from mtlue.cli.verify import CleanOptions
from mtlue.jobs.report import read_report_material
from mtlue.report.page import SHOWN_IMAGES, write_page


@dataclass(frozen=True)
class ReportOptions:
    """What is reported.

    Args:
        out: HTML file to write; report.html next to the records by default.
        protected: the release that was evaluated, for its images and curves.
    """

    out: Path | None = None
    protected: Path | None = None


def run(arguments: Sequence[str]) -> int:
    parser = Parser("report", __doc__ or "", ReportOptions, CleanOptions, RuntimeOptions)
    parser.add_argument("evaluation", type=Path, metavar="DIR", help="the folder that evaluate wrote")
    namespace = parser.parse(arguments)
    options, data = parser.read(namespace, ReportOptions), parser.read(namespace, CleanOptions)
    runtime = parser.read(namespace, RuntimeOptions).runtime()
    clean = data if data.dataset is not None else None
    material = read_report_material(namespace.evaluation, options.protected, clean, runtime, SHOWN_IMAGES)
    page = options.out or namespace.evaluation / "report.html"
    write_page(page, material.records, material.images, material.fitting)
    out.print(f"report: {page}", soft_wrap=True)
    return 0
