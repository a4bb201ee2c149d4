"""The last audit of a release that ended, as far as faces speak of it. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mtlue.errors import MtlueError
from mtlue.evaluation.recoveries.judgement import Judgement
from mtlue.files import sha256
from mtlue.release.finding import find_release
from mtlue.release.layout import OutputFolder, ReleaseFolder


class FinishedAudit(msgspec.Struct, frozen=True):
    """What ``audit.json`` says first.

    Attributes:
        release: SHA-256 of the manifest of the release that it is of; None of an earlier version's.
        tried: how many of the attacks were tried, in a clause.
        judgement: whether the protection holds; None of an earlier version's.
        verdict: its lines.
        complete: whether the audit ended.
    """

    release: str | None = None
    tried: str = ""
    judgement: Judgement | None = None
    verdict: tuple[str, ...] = ()
    complete: bool = True


def finished_audit(out: Path) -> FinishedAudit | None:
    """The audit of a release in the folder that ``protect`` wrote.

    None where there is none, where it has not ended, and where it is, or may be, of another release.
    """
    try:
        found = msgspec.json.decode(OutputFolder(out).findings.report.read_bytes(), type=FinishedAudit)
        release = sha256(ReleaseFolder(find_release(out)).manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, MtlueError):
        return None
    return found if found.complete and found.release == release else None


def findings_to_read(out: Path) -> Path | None:
    """Its page, or its records where nobody made a page; None as for :func:`finished_audit`."""
    findings = OutputFolder(out).findings
    if finished_audit(out) is None:
        return None
    return findings.page if findings.page.is_file() else findings.report
