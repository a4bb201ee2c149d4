"""Whether a release holds, as a page says it first: by its audit where there is one, else by its own small learners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mtlue.evaluation.recoveries.judgement import Judgement, Outcome
from mtlue.jobs.audits.finished import FinishedAudit
from mtlue.ui.wording.sentences import AUDIT_ADVICE, plainly
from mtlue.ui.workspace.rows import Row
from mtlue.wording import sentence

_UNKNOWN = "Whether the protection holds is not known yet"
_UNCHECKED = Judgement("unknown", _UNKNOWN, "No learner has tried the release: let an audit measure it.")
_EARLIER = Judgement(
    "unknown", _UNKNOWN, "The audit is of an earlier version of mtlue: read its lines, or audit again."
)
_CHECKED: dict[str, tuple[Outcome, str]] = {
    "protected": ("holds", "The protection holds against small learners"),
    "learnable": ("fails", "The protection does not hold: small learners still learn from the release"),
    "untold": ("unknown", "There are too few test images to tell whether the protection holds"),
    "unknown": ("unknown", _UNKNOWN),
}
"""Outcome of a release's own check -> what that says of it."""
_CLASSES: dict[Outcome, str] = {"holds": "good", "partly": "doubted", "fails": "bad", "unknown": "doubted"}
_SUMMARIES: dict[Outcome, str] = {
    "holds": "Protected",
    "partly": "Holds only in part",
    "fails": "Does not hold",
    "unknown": "Protected, but not checked",
}
_WORST_FIRST: Sequence[Outcome] = ("fails", "partly", "holds", "unknown")
_LINKS = {
    "protected": "See what small learners got back",
    "learnable": "See what can still be learned",
    "untold": "See what small learners scored",
    "unknown": "See what small learners scored",
}
"""What the link to the learners' page says: it promises no more than they showed."""


@dataclass(frozen=True)
class Verdict:
    """What is known of a release.

    Attributes:
        judged: the worst of what its check and its audit say.
        check: the event of its check; None where there is none, or an earlier version did not say what it found.
        audit: of its audit; None where there is none.
    """

    judged: Judgement
    check: Row | None
    audit: FinishedAudit | None

    @classmethod
    def of(cls, told: Sequence[Row], audit: FinishedAudit | None) -> Verdict:
        """By what was told of a release, and its audit."""
        check = next((row for row in reversed(told) if row.get("outcome") in _CHECKED), None)
        found = [_by_check(check)] if check else []
        if audit is not None:
            found.insert(0, audit.judgement or _EARLIER)  # where both say the same, the audit's counts
        judged = min(found, key=lambda one: _WORST_FIRST.index(one.outcome), default=_UNCHECKED)
        return cls(judged, check, audit)

    @property
    def holds(self) -> bool:
        """Whether nothing is known against the release, and something for it."""
        return self.judged.outcome == "holds"

    @property
    def broken(self) -> bool:
        """Whether somebody gets back what it should hide."""
        return self.judged.outcome in ("fails", "partly")

    @property
    def tone(self) -> str:
        """A class of the style sheet."""
        return _CLASSES[self.judged.outcome]

    @property
    def link(self) -> str:
        """What the link to the page of the learners that tried the release says."""
        outcome = self.check["outcome"] if self.check else ""
        if outcome == "protected" and self.broken:
            outcome = "unknown"
        return _LINKS.get(outcome, "See how it was checked")

    @property
    def summary(self) -> str:
        """For the list of projects."""
        if self.judged.outcome == "unknown" and self.audit is not None:
            return "Protected, but an audit could not judge it"
        if self.judged.outcome == "unknown" and self.check is not None and self.check["outcome"] == "untold":
            return "Protected, but too few test images to tell"
        audited = " and audited" if self.holds and self.audited and self.audited.outcome == "holds" else ""
        return f"{_SUMMARIES[self.judged.outcome]}{audited}"

    @property
    def audited(self) -> Judgement | None:
        """What the audit alone says."""
        return (self.audit.judgement or _EARLIER) if self.audit else None

    @property
    def lines(self) -> list[str]:
        """Those of the audit; none where there is none."""
        if self.audit is None:
            return []
        tried = [sentence(self.audit.tried)] if self.audit.tried else []
        return [plainly(line) for line in [*tried, *self.audit.verdict]]


def _by_check(row: Row) -> Judgement:
    outcome, title = _CHECKED[row["outcome"]]
    return Judgement(outcome, title, row.get("text", "").removesuffix(AUDIT_ADVICE))
