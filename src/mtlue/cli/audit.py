"""``mtlue audit``: try to break a release, from JPEG to somebody who runs this tool, and say the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mtlue.cli.console import RuntimeOptions, out, say_next
from mtlue.cli.options import Parser
from mtlue.cli.process import FAILED, heavy_imports
from mtlue.cli.values import PLACE
from mtlue.cli.verify import CleanOptions
from mtlue.errors import InputError, param
from mtlue.evaluation.audit_options import AuditOptions
from mtlue.evaluation.keys import settled
from mtlue.evaluation.verdict import above, unjudged
from mtlue.jobs.audit_requests import AuditRequest
from mtlue.jobs.cluster_options import ClusterOptions, refuse_both

if TYPE_CHECKING:
    from mtlue.evaluation.audit_records import AuditReport


@dataclass(frozen=True)
class AuditedOptions:
    """Which release, and where the result goes.

    Args:
        folder: the folder that protect wrote; it remembers where the clean images are.
        out: folder for audit.json and audit.html; OUT/audit by default. A run that was interrupted goes on there.
        fail_above: exit status 1 where more of a task comes back than this share (0.5, say) and than the attacker's own
            clean images teach alone, or where nothing is known of a tier that was asked for.
        show_clean: show clean images beside the released ones in audit.html, which is then not to be published.
    """

    folder: Path = field(metadata={PLACE: "OUT"})
    out: Path | None = None
    fail_above: float | None = None
    show_clean: bool = False

    def __post_init__(self) -> None:
        if self.fail_above is not None and not 0 <= self.fail_above <= 1:
            raise InputError(f"{param('fail_above')} {self.fail_above:g}: give a share, 0 to 1, as in 0.5")


def run(arguments: Sequence[str]) -> int:
    groups = (AuditedOptions, AuditOptions, CleanOptions, ClusterOptions, RuntimeOptions)
    given = Parser("audit", __doc__ or "", *groups, word="data").parse(arguments)
    places, options, cluster = given[AuditedOptions], given[AuditOptions], given[ClusterOptions]
    refuse_both("processes", options.processes is not None, cluster)
    refuse_both("devices", options.devices != 1, cluster)
    request = AuditRequest.of(
        places.folder, settled(given[CleanOptions]), options.plan(), places.out, options.processes, cluster
    )
    request = replace(request, devices=options.devices)
    request.examine()
    with heavy_imports():
        from mtlue.cli.audit_telling import print_report, tell
        from mtlue.jobs.audit import run_audit
        from mtlue.report.audit_material import audit_page
        from mtlue.report.audit_page import write_audit_page

        runtime = given[RuntimeOptions].runtime()
    result = run_audit(request, runtime, tell)
    write_audit_page(request.page, audit_page(result.report, result.data, places.show_clean))
    print_report(result.report)
    out.print(f"page: {request.page}", soft_wrap=True)
    out.print(f"records: {request.report}", soft_wrap=True)
    status = _status(result.report, places.fail_above)
    say_next("open the page; the same command with more --budget goes on where this one stopped")
    return status


def _status(report: AuditReport, limit: float | None) -> int:
    """That of a failed check where too much comes back."""
    failed = [] if limit is None else above(report.verdict, limit)
    unknown = [] if limit is None else unjudged(report.verdict)
    for step in failed:
        out.print(f"{step.name.lower()} more than {limit:g} comes back: {step.value:.3f}")
    for step in unknown:
        out.print(f"{step.name.lower()} nothing is known, so the check fails: give more time, or another --tier")
    return FAILED if failed or unknown else 0
