"""What pages say of a project, read from its files each time: the server remembers nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mtlue.structured import read_json_if_there
from mtlue.ui.findings import Findings, findings_of
from mtlue.ui.sentences import AUDIT_ADVICE, plainly, step_in_words
from mtlue.ui.stage_time import stage_time
from mtlue.ui.workplace import Project, StageName, State
from mtlue.wording import sentence

_TITLES: dict[StageName, str] = {
    "look": "Looking at the images",
    "protect": "Protecting the images",
    "audit": "Attacking the release",
}
_ENDED: dict[State, str] = {
    "cancelled": "You cancelled this step",
    "interrupted": "This step was interrupted",
}
_KEPT: dict[StageName, str] = {
    "look": "Nothing was kept of the look, and your images are as they were. Look again, or go back and choose others.",
    "protect": "Your images are as they were, and what was trained so far is kept: going on with the same choices "
    "starts from there. Other choices begin anew.",
    "audit": "The release is as it was, and what the audit has tried is kept: going on costs no time twice.",
}
"""What is left of a step that was ended, and what can be done now."""
_STAYS: dict[StageName, str] = {
    "look": "",
    "protect": "The release that was there before is still there.",
    "audit": "The earlier audit's page stays, too.",
}
"""What is left of an earlier time, where there was one."""
_NOUNS: dict[StageName, str] = {"look": "Reading the images", "protect": "The protection", "audit": "The audit"}
_BRIEFLY: dict[State, str] = {"failed": "did not work", "cancelled": "was cancelled", "interrupted": "was interrupted"}
"""What the list says of a step that ended otherwise than well."""
_AGAIN: dict[StageName, str] = {"look": "Look again", "protect": "Go on", "audit": "Go on"}
_PROOFS = {
    "protected": "See what small learners got back",
    "learnable": "See what can still be learned",
    "unknown": "See what small learners scored",
}
"""What the link to the learners' page says: it promises no more than they showed."""
_DOUBTED = {"learnable": "Protected, but not enough", "unknown": "Protected, but not checked"}
"""What the list says of a release whose check ended otherwise than well."""
_PERSISTS = 8
"""Events that a running stage shows."""


@dataclass(frozen=True)
class StageView:
    """One stage, as a page shows it.

    Attributes:
        name: of the stage.
        state: what it is doing.
        title: the same in words.
        step: what is being done right now.
        done, total: of that step; None where that is not known.
        time: how long it has taken, and what is left.
        events: what happened, in sentences, and whether each is a warning.
        reason: why it failed.
        kept: what is left of it where it was ended, and what can be done.
    """

    name: StageName
    state: State
    title: str
    step: str
    done: int
    total: int | None
    time: str
    events: list[tuple[str, bool]]
    reason: str
    kept: str

    @classmethod
    def of(cls, project: Project, name: StageName) -> StageView:
        stage = project.stage(name)
        state = stage.state
        rows = stage.journal.rows()
        progress = read_json_if_there(stage.progress, dict[str, Any], "") or {}
        failed = next((row["text"] for row in reversed(rows) if row["event"] == "failed"), "")
        return cls(
            name,
            state,
            _title(name, state),
            step_in_words(str(progress.get("step", "starting"))),
            int(progress.get("done", 0)),
            progress.get("total"),
            stage_time(project, name, rows, progress) if state == "running" else "",
            _sentences(rows),
            failed,
            _kept(project, name),
        )

    @property
    def briefly(self) -> str:
        """How it ended otherwise than well, for the list of projects."""
        return f"{_NOUNS[self.name]} {_BRIEFLY[self.state]}"

    @property
    def again(self) -> str:
        """What its button says where it ended otherwise than well."""
        return "Try again" if self.state == "failed" else _AGAIN[self.name]

    def to_json(self) -> dict[str, Any]:
        """For the script that keeps the page up to date."""
        return {
            "state": self.state,
            "step": self.step,
            "done": self.done,
            "total": self.total,
            "time": self.time,
            "events": [text for text, _ in self.events[-_PERSISTS:]],
        }


def _title(name: StageName, state: State) -> str:
    if state == "failed":
        return f"{_NOUNS[name]} {_BRIEFLY[state]}"
    return _TITLES[name] if state == "running" else _ENDED.get(state, "")


def _kept(project: Project, name: StageName) -> str:
    """What is left of a step that is ended; an earlier result is named only where there is one."""
    before = {"look": False, "protect": project.released, "audit": project.audited is not None}[name]
    return f"{_KEPT[name]} {_STAYS[name]}" if before else _KEPT[name]


@dataclass(frozen=True)
class ProjectView:
    """A project, as its page and the list of projects show it."""

    project: Project
    name: str
    place: str
    uploaded: bool
    created: str
    found: Findings | None
    stages: dict[StageName, StageView]
    release: dict[str, Any] | None
    happened: list[tuple[str, bool]]
    outcome: str

    @classmethod
    def of(cls, project: Project) -> ProjectView:
        record = project.record
        stages = {name: StageView.of(project, name) for name in _TITLES}
        released = project.told.rows() if project.released else []
        return cls(
            project,
            record.name,
            str(record.data),
            record.uploaded,
            time.strftime("%d %B %Y, %H:%M", time.localtime(record.created)),
            findings_of(project) if stages["look"].state == "done" else None,
            stages,
            next((row for row in released if row["event"] == "ReleaseWritten"), None),
            _sentences(released),
            _outcome(released),
        )

    @property
    def proof(self) -> str:
        """What the link to the page of the learners that tried the release says."""
        return _PROOFS.get(self.outcome, "See how it was checked")

    @property
    def warnings(self) -> list[str]:
        """What the owner should read before publishing the release; no advice of an audit, once one has measured it."""
        done = AUDIT_ADVICE if self.verdict or self.stages["audit"].state == "running" else ""
        return [
            text.removesuffix(done) for text in reversed(self._warned)
        ]  # the check's is the weightiest, and the last

    @property
    def _warned(self) -> list[str]:
        return [text for text, warns in self.happened if warns]

    @property
    def doubts(self) -> list[str]:
        """What was found doubtful, as far as nothing else on the page says it."""
        said = [*self._warned, *(text for text, _ in self.running.events)] if self.running else self._warned
        return [text for text in self.found.doubts if text not in said] if self.found else []

    @cached_property
    def verdict(self) -> list[str]:
        """The lines of the audit's verdict; none where there is no audit."""
        return _verdict(self.project)

    @property
    def running(self) -> StageView | None:
        """The stage that a process works on."""
        return next((stage for stage in self.stages.values() if stage.state == "running"), None)

    @property
    def ended(self) -> StageView | None:
        """The last stage that ended otherwise than well."""
        begun = [stage for stage in self.stages.values() if stage.state != "new"]
        return begun[-1] if begun and begun[-1].state in _BRIEFLY else None

    @property
    def failed(self) -> bool:
        """Whether the list says of it that something did not work."""
        return not self.running and not self.release and self.ended is not None and self.ended.state == "failed"

    @property
    def doubted(self) -> bool:
        """Whether the list says of its release that it may not protect."""
        # what could not be checked may have been audited since
        judged = self.outcome == "unknown" and self.project.audited is not None
        return not self.running and self.release is not None and self.outcome in _DOUBTED and not judged

    @property
    def summary(self) -> str:
        """Where it stands, for the list."""
        if self.running:
            return f"{self.running.title} …"
        if self.doubted:
            return _DOUBTED[self.outcome]
        if self.release:
            return "Protected and audited" if self.project.audited else "Protected"
        return self.ended.briefly if self.ended else "Ready to protect"


def _sentences(rows: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    """What there is to read of events, each once, and whether each is a warning."""
    told = {row["text"]: bool(row.get("warns")) for row in rows if row.get("text") and row["event"] != "failed"}
    return list(told.items())


def _outcome(rows: list[dict[str, Any]]) -> str:
    """What the check of a release found, a key of :data:`_PROOFS`; "" where that is not known, or there was none."""
    check: dict[str, Any] = next((row for row in reversed(rows) if row["event"] == "SelfChecked"), {})
    return str(check.get("outcome", ""))


def _verdict(project: Project) -> list[str]:
    """The lines of the audit's verdict; none where this release has no audit that ended."""
    found = project.audited
    if found is None:
        return []
    tried = [sentence(found.tried)] if found.tried else []
    return [plainly(line) for line in [*tried, *found.verdict]]
