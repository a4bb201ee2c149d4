"""Where the records of an evaluation lie; and what a place is that holds none. Imports nothing heavy."""

import shlex
from pathlib import Path

from mtlue.errors import InputError, for_shells
from mtlue.evaluation.records import RESULTS
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.requests.places import require_there
from mtlue.release.finding import unfinished
from mtlue.release.layout import AUDIT_REPORT, AuditFolder, OutputFolder, ReleaseFolder
from mtlue.structured import is_there

_FOLDER = "give the folder that evaluate or benchmark wrote"


def records_file(place: Path) -> Path:
    """The records in a folder that a user names, or the file that it is.

    Raises:
        InputError: there is no such place, or no records in it; the text says what it is, and what is meant.
    """
    require_there(place, f"{_FOLDER}, or its {RESULTS}")
    if place.is_dir():
        return records_in(place)
    if place.name == AUDIT_REPORT:
        raise InputError(_of_audit(AuditFolder(place.parent), f"{place} is what an audit found"))
    return place


def records_in(folder: Path) -> Path:
    """The records in a folder that a user names.

    Raises:
        InputError: as :func:`records_file`; or it is a file.
    """
    require_there(folder, _FOLDER)
    if not folder.is_dir():
        hint = f" {folder.parent}, which holds it" if folder.name == RESULTS else " that evaluate or benchmark wrote"
        raise InputError(f"{folder} is a file, not a folder: give the folder{hint}")
    if is_there(folder / RESULTS, _FOLDER):
        return folder / RESULTS
    raise InputError(_without_records(folder))


def _without_records(folder: Path) -> str:
    """What a folder is that has no records, and what to do."""
    out, audit = OutputFolder(folder), AuditFolder(folder)
    if audit.report.is_file() or audit.unfinished.is_file():
        return _of_audit(audit, f"{folder} is what an audit wrote")
    if out.release.manifest.is_file() or ReleaseFolder(folder).manifest.is_file():
        return _of_release(out)
    if RunFolder(folder).cells.is_dir():
        return f"{folder} holds a run that has finished no learner yet: let the command that was writing it go on"
    return unfinished(folder) or f"{folder} holds no {RESULTS}: {_FOLDER}"


def _of_audit(audit: AuditFolder, what: str) -> str:
    if audit.page.is_file():
        return f"{what}: its tables are on its page already, {audit.page}"
    if audit.report.is_file():
        return f"{what}: the same audit again makes its page, {audit.page.name}, of it"
    return f"{what} that has not ended: the same audit again goes on, and makes its page"


def _of_release(out: OutputFolder) -> str:
    """Of a release alone, or of the folder that ``protect`` wrote."""
    what, audit = f"{out.path} is a release, and holds no evaluation of it", out.findings
    name = shlex.quote(str(out.path))
    clean = "" if out.private.config.is_file() else " --data CLEAN"
    evaluate = f"mtlue evaluate {name}{clean} --out EVALUATION"
    if audit.page.is_file():
        whole = for_shells(f" ({evaluate})")
        return f"{what}: the page of its audit is {audit.page}; for a table of learners, evaluate it{whole}"
    place = f"{clean} --out AUDIT" if clean else ""
    whole = for_shells(f" ({evaluate}, or mtlue audit {name}{place}, which makes a page itself)")
    return f"{what}: evaluate or audit it first{whole}"
