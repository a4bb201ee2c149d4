"""What each stage does: the jobs of the command line, and the pictures and pages that a browser shows."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping

from mtlue.bounds import to_levels
from mtlue.data.options import AUTO
from mtlue.data.recognition.layout import layout_of
from mtlue.devices import learning_precision
from mtlue.fidelity.before_and_after import before_and_after
from mtlue.files import write_bytes
from mtlue.hashing import subset_by_hash
from mtlue.jobs.audits.audit import run_audit
from mtlue.jobs.events import Listener, Note
from mtlue.jobs.inspection.inspect import run_inspect
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases.steps import ReleaseResult
from mtlue.jobs.requests.owner import InspectRequest
from mtlue.progress import Progress
from mtlue.protector import Protector
from mtlue.release.again import protected_again
from mtlue.report.audits.material import audit_page
from mtlue.report.audits.page import write_audit_page
from mtlue.report.evaluations.page import write_page
from mtlue.report.pictures.contact_sheet import write_contact_sheet
from mtlue.runtime import Runtime
from mtlue.structured import read_json
from mtlue.ui.stages.looking import findings
from mtlue.ui.wording.choices import AuditChoices, LookChoices, ProtectChoices
from mtlue.ui.wording.sentences import plainly
from mtlue.ui.workspace.stage_folder import StageFolder, StageName
from mtlue.ui.workspace.workplace import Project

_SHEET, _SHEET_COLUMNS, _COMPARED = 12, 4, 4
_NARROW_SHEET, _NARROW_COLUMNS = 6, 2
"""Images on the contact sheet and in each of its rows, large enough to read their labels; and before and after."""
_LARGER, _NARROW_LARGER = 1.3, 1.8
"""Captions are read on a phone's 280 pixels, and on a tablet's 600."""
_REMEDY = "begin the step again"


def _look(project: Project, stage: StageFolder, progress: Progress, tell: Listener) -> None:
    """See what the folder holds, and what its protection would take."""
    choices = read_json(stage.request, LookChoices, _REMEDY)
    options = choices.options(project.record.data)
    layout = "read as you said"
    if options.dataset == AUTO:
        recognised = layout_of(options)
        options, layout = recognised.options, plainly(recognised.text)
    runtime = Runtime(progress=progress)
    result = run_inspect(InspectRequest(options), runtime)
    write_contact_sheet(result.collection, project.sheet, _SHEET, _SHEET_COLUMNS, _LARGER)
    write_contact_sheet(result.collection, project.narrow_sheet, _NARROW_SHEET, _NARROW_COLUMNS, _NARROW_LARGER)
    folder = f"the folder '{project.record.name}'"
    again = protected_again(project.record.data, None, folder)
    findings(result, layout, runtime, again).write(project)


def _protect(project: Project, stage: StageFolder, progress: Progress, tell: Listener) -> None:
    """Protect, and make the page and the picture that show what it is worth and how it looks."""
    request = read_json(stage.request, ProtectChoices, _REMEDY).request(project)
    runtime = Runtime(progress=progress)
    result = run_protect(request, runtime, tell)
    try:
        _show(project, result, runtime)
    except KeyboardInterrupt:  # the release is there, and that is what was asked for
        pass
    except Exception:
        traceback.print_exc()
        tell(Note(f"the release is there, but what shows it could not be made: {stage.log} says why"))
    stage.journal.copy_to(project.told)


def _show(project: Project, result: ReleaseResult, runtime: Runtime) -> None:
    """The page of the check, and the picture of some images before and after."""
    for stale in (project.report, project.comparison):  # of an earlier release, which is gone now
        stale.unlink(missing_ok=True)
    records = result.verdict.check.records if result.verdict else ()
    if records:
        write_page(project.report, records, fidelity=result.fidelity)
    _compare(project, result, runtime)


def _compare(project: Project, result: ReleaseResult, runtime: Runtime) -> None:
    protector = Protector.load(project.out.private.path, runtime)
    some = subset_by_hash(result.collection.listing.ids, _COMPARED)
    clean = result.collection.samples.take(some)
    protected = protector.protect(clean)
    pairs = list(zip(clean.images[:], protected.images[:], strict=True))
    write_bytes(project.comparison, before_and_after(pairs, to_levels(protector.epsilon)))


def _audit(project: Project, stage: StageFolder, progress: Progress, tell: Listener) -> None:
    """Attack the release, and make the audit's page."""
    request = read_json(stage.request, AuditChoices, _REMEDY).request(project)
    result = run_audit(request, Runtime(precision=learning_precision(), progress=progress), tell)
    write_audit_page(request.page, audit_page(result.report, result.data))


RUN: Mapping[StageName, Callable[[Project, StageFolder, Progress, Listener], None]] = {
    "look": _look,
    "protect": _protect,
    "audit": _audit,
}
