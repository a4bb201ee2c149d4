"""``mtlue audit``: try to break a release, from JPEG to somebody who runs this tool, and say the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mtlue.cli.parsing.flags import flag
from mtlue.cli.parsing.options import Given, Parser
from mtlue.cli.parsing.values import PLACE
from mtlue.cli.process import FAILED, heavy_imports
from mtlue.cli.shared.clean_images import CleanOptions
from mtlue.cli.shared.devices import RuntimeOptions
from mtlue.cli.terminal.console import out, say_next
from mtlue.devices import Precision, learning_precision
from mtlue.errors import InputError, param, spoken
from mtlue.evaluation.audits.options import AuditOptions
from mtlue.evaluation.keys import settled
from mtlue.evaluation.recoveries.coverage import NO_TIME
from mtlue.evaluation.recoveries.verdict import Step, above, unjudged
from mtlue.jobs.requests.auditor import AuditRequest
from mtlue.jobs.requests.cluster import ClusterOptions, refuse_both

if TYPE_CHECKING:
    from mtlue.evaluation.audits.records import AuditReport


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


@dataclass(frozen=True)
class LearningOptions(RuntimeOptions):
    """Where and how to compute.

    Args:
        precision: 32-true, bf16-mixed, or on a GPU 16-mixed; by default bf16-mixed on a processor with instructions for
            it, where learners score the same in less time, and 32-true elsewhere.
    """

    def usual_precision(self) -> Precision:
        return learning_precision(self.device)


def asked(arguments: Sequence[str]) -> tuple[AuditRequest, Given]:
    """What a command line asks for, and all that it says."""
    groups = (AuditedOptions, AuditOptions, CleanOptions, ClusterOptions, LearningOptions)
    given = Parser("audit", __doc__ or "", *groups, words=("data",)).parse(arguments)
    places, options, cluster = given[AuditedOptions], given[AuditOptions], given[ClusterOptions]
    refuse_both("processes", options.processes is not None, cluster)
    refuse_both("devices", options.devices != 1, cluster)
    clean = settled(given[CleanOptions])
    request = AuditRequest.of(places.folder, clean, options.plan(), places.out, options.processes, cluster)
    return replace(request, devices=options.devices), given


def run(arguments: Sequence[str]) -> int:
    request, given = asked(arguments)
    places = given[AuditedOptions]
    request.examine()
    with heavy_imports():
        from mtlue.cli.telling.audit import print_report, tell
        from mtlue.cli.telling.audit_next import next_step
        from mtlue.jobs.audits.audit import run_audit
        from mtlue.report.audits.material import audit_page
        from mtlue.report.audits.page import write_audit_page
        from mtlue.report.audits.texts import what_would_tell

        runtime = given[LearningOptions].runtime()
    result = run_audit(request, runtime, tell)
    write_audit_page(request.page, audit_page(result.report, result.data, places.show_clean))
    print_report(result.report)
    out.print(f"page: {request.page}", soft_wrap=True)
    out.print(f"records: {request.report}", soft_wrap=True)
    status = _status(result.report, places.fail_above)
    advice = spoken(what_would_tell(result.report), flag)
    say_next(advice or next_step(result.report, request.page, failed=_gives_away(result.report, places.fail_above)))
    return status


def _gives_away(report: AuditReport, limit: float | None) -> bool:
    """Whether more comes back than the user allows."""
    return limit is not None and bool(above(report.verdict, limit))


def _status(report: AuditReport, limit: float | None) -> int:
    """That of a failed check where too much comes back."""
    if limit is None:
        return 0
    failed, unknown = above(report.verdict, limit), unjudged(report.verdict)
    for step in failed:
        out.print(f"more than {limit:.15g} comes back {_lowered(step.name)}: {_shown(step.value, limit)}")
    for step in unknown:
        why = spoken(why_unknown(step), flag)
        out.print(f"nothing is known of what comes back {_lowered(step.name)}, so the check fails: {why}")
    return FAILED if failed or unknown else 0


def why_unknown(step: Step) -> str:
    """Why nothing is known of a line of the verdict, and what to do."""
    if step.tried:
        return step.finding
    narrower = f"ask with {param('tier')} for what can be tried"
    if step.why == NO_TIME:
        return f"{step.finding}; give more time ({param('budget')}), or {narrower}"
    return f"{step.finding if step.why else 'not tried, as the page says'}; mend that, or {narrower}"


def _lowered(name: str) -> str:
    """The beginning of a line of the verdict inside a sentence."""
    return f"{name[:1].lower()}{name[1:]}"


def _shown(value: float, limit: float) -> str:
    """A value above a limit with three decimals, or with as many as show that it is above."""
    texts = (f"{value:.{digits}f}" for digits in range(3, 17))
    return next((text for text in texts if float(text) > limit), repr(value))
