"""What an audit that ended says of a release stays until another one has ended, and is never taken for another's."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from audited import DATA, PLAN, protected_digits

from mtlue import Runtime
from mtlue.errors import InputError, VerificationError
from mtlue.evaluation.audits.records import read_audit_report
from mtlue.evaluation.learners import work
from mtlue.files import sha256
from mtlue.jobs.audits.audit import run_audit
from mtlue.jobs.audits.events import AttackTried, AuditPlanned
from mtlue.jobs.audits.finished import findings_to_read, finished_audit
from mtlue.jobs.events import Event
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.requests.auditor import AuditRequest
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods.options import MethodChoice
from mtlue.release.layout import OutputFolder
from mtlue.report.audits.page import AuditPage, write_audit_page

FEW = replace(PLAN, attacks=("none", "grey"))


class Killed(BaseException):
    """As a signal."""


def kill_at(kind: type[Event]) -> Callable[[Event], None]:
    def kill(event: Event) -> None:
        if isinstance(event, kind):
            raise Killed

    return kill


@pytest.fixture(autouse=True, scope="module")
def _timed_quickly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(work, "_SECONDS", 0.01)
        yield


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory, _timed_quickly: None) -> Path:
    """A release with an audit of few attacks that has ended."""
    out = protected_digits(tmp_path_factory.mktemp("audited") / "p")
    run_audit(AuditRequest.of(out, {}, FEW), Runtime("cpu"))
    return out


@pytest.fixture
def out(audited: Path, tmp_path: Path) -> Path:
    return shutil.copytree(audited, tmp_path / "p")


def other_release(out: Path) -> Path:
    """The same images, protected by another secret."""
    run_protect(ProtectRequest(DATA, out, method=MethodChoice("lsp-patch"), seed=1), Runtime("cpu"))
    return out


def test_an_audit_that_ended_stays_until_another_has_ended(out: Path) -> None:
    place = OutputFolder(out).findings
    first = read_audit_report(place.report)
    place.page.write_text("of the first")
    longer = AuditRequest.of(out, {}, replace(PLAN, attacks=("none", "jpeg10"), budget=3600.0))
    with pytest.raises(Killed):
        run_audit(longer, Runtime("cpu"), kill_at(AuditPlanned))
    with pytest.raises(Killed):
        run_audit(longer, Runtime("cpu"), kill_at(AttackTried))
    assert read_audit_report(place.report) == first
    assert place.page.read_text() == "of the first"
    half = read_audit_report(place.unfinished)
    assert (half.complete, {record.attack for record in half.records}) == (False, {"none", "jpeg10"})
    assert half.cost.earlier == first.cost.taken
    second = run_audit(longer, Runtime("cpu")).report
    assert read_audit_report(place.report) == second
    assert second.cost.earlier == half.cost.taken
    assert second.cost.planned < 3600.0
    assert not place.page.exists(), "the first one's page is not shown beside the second one's records"
    assert not place.unfinished.exists()


def test_it_names_its_release_and_is_not_found_for_another(out: Path, tmp_path: Path) -> None:
    place = OutputFolder(out).findings
    report = read_audit_report(place.report)
    assert report.release == sha256(OutputFolder(out).release.manifest)
    found = finished_audit(out)
    assert found is not None
    assert (found.tried, found.verdict[0]) == (report.coverage.text, report.verdict[0].text)
    assert findings_to_read(out) == place.report
    place.page.write_text("a page")
    assert findings_to_read(out) == place.page
    other = OutputFolder(other_release(tmp_path / "other"))
    place.path.rename(other.audit)
    assert finished_audit(other.path) is None
    assert findings_to_read(other.path) is None


def test_a_release_whose_table_was_changed_is_not_audited(out: Path) -> None:
    with OutputFolder(out).release.metadata.open("a") as table:
        table.write("\n")
    with pytest.raises(VerificationError, match=r"metadata\.csv was changed"):
        run_audit(AuditRequest.of(out, {}, FEW), Runtime("cpu"))


def test_the_page_says_which_release_it_is_of_and_when_it_ended(out: Path) -> None:
    place = OutputFolder(out).findings
    report = read_audit_report(place.report)
    write_audit_page(place.page, AuditPage(report))
    page = " ".join(place.page.read_text().split())
    assert report.release is not None
    assert f"has the SHA-256 {report.release}, ended on {report.ended} (UTC)" in page
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", report.ended or "")


def test_the_audit_of_another_release_is_not_lost(out: Path, tmp_path: Path) -> None:
    place = OutputFolder(out).findings
    place.page.write_text("of the first")
    before = place.report.read_bytes()
    request = AuditRequest.of(other_release(tmp_path / "other"), {}, PLAN, place.path)
    with pytest.raises(InputError, match=r"audit\.json is the audit of another release: name another folder"):
        run_audit(request, Runtime("cpu"))
    assert (place.report.read_bytes(), place.page.read_text()) == (before, "of the first")


@pytest.mark.parametrize("version", ["of an earlier version", "damaged"])
def test_what_does_not_say_its_release_goes_before_the_first_learner(out: Path, version: str) -> None:
    place = OutputFolder(out).findings
    request = AuditRequest.of(out, {}, PLAN, place.path)
    if version == "damaged":
        place.report.write_text("{")
    else:
        replace(read_audit_report(place.report), release=None).write(place.report)
    place.page.write_text("of the first")
    with pytest.raises(Killed):
        run_audit(request, Runtime("cpu"), kill_at(AuditPlanned))
    assert not place.report.exists()
    assert not place.page.exists()
    with pytest.raises(Killed):
        run_audit(request, Runtime("cpu"), kill_at(AttackTried))
    assert read_audit_report(place.unfinished).cost.earlier == 0


@pytest.mark.parametrize("content", ["", "{", "[]", '{"verdict": 1}', '{"complete": true}', "\xff"])
def test_a_damaged_audit_is_none(out: Path, content: str) -> None:
    place = OutputFolder(out).findings
    place.report.write_bytes(content.encode("latin-1"))
    assert finished_audit(out) is None
