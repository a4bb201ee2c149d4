"""What pages say of a project, read from its files each time: the server remembers nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from mtlue.ui.wording.findings import Findings, findings_of
from mtlue.ui.wording.sentences import AUDIT_ADVICE, step_in_words
from mtlue.ui.wording.stage_time import stage_time
from mtlue.ui.wording.verdicts import Verdict
from mtlue.ui.workspace.rows import Row
from mtlue.ui.workspace.stage_folder import StageName, State
from mtlue.ui.workspace.workplace import Project

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
    "look": "Your images are as they were. Look again, or choose others.",
    "protect": "Your images are as they were, and any model that was trained to its end is kept: going on with the "
    "same choices starts from there. Other choices begin anew.",
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
_HINTS = frozenset({"dataset", "labels", "image_column", "split_column", "pattern"})
"""Fields of the form that says how labels are read."""
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
        ending: whether it was cancelled, and its process still lives.
        asked: when, in seconds since 1970; 0 where it was not.
        ways: to settle why it failed: fields of the form that says how labels are read, with their values.
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
    ending: bool
    asked: float
    ways: list[dict[str, str]]

    @classmethod
    def of(cls, project: Project, name: StageName) -> StageView:
        stage = project.stage(name)
        state = stage.state
        rows = stage.journal.rows()
        progress = stage.read_progress()
        ending = state == "running" and stage.cancelled.is_file()
        step = "Ending what is being done; this takes some seconds" if ending else ""
        failed = next((row["text"] for row in reversed(rows) if row["event"] == "failed"), "")
        return cls(
            name,
            state,
            "Cancelling" if ending else _title(name, state),
            step or step_in_words(progress.step),
            progress.done,
            progress.total,
            stage_time(project, name, rows, progress) if state == "running" and not ending else "",
            _sentences(rows),
            failed,
            _kept(project, name),
            ending,
            rows[0]["at"] if rows else 0.0,
            _ways(rows),
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


def _ways(rows: list[Row]) -> list[dict[str, str]]:
    """Those of the last failure; none where a form cannot say one of them."""
    found: list[dict[str, str]] = next((row.get("ways", []) for row in reversed(rows) if row["event"] == "failed"), [])
    return found if all(_HINTS.issuperset(one) for one in found) else []


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
    release: Row | None
    happened: list[tuple[str, bool]]
    verdict: Verdict

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
            Verdict.of(released, project.audited),
        )

    @property
    def warnings(self) -> list[str]:
        """What the owner should read before publishing the release, as far as the verdict does not say it; no advice of
        an audit, once one has measured it."""
        done = AUDIT_ADVICE if self.verdict.audit or self.stages["audit"].state == "running" else ""
        return [text for one in reversed(self._warned) if (text := one.removesuffix(done)) != self.verdict.judged.text]

    @property
    def _warned(self) -> list[str]:
        return [text for text, warns in self.happened if warns]

    @property
    def doubts(self) -> list[str]:
        """What was found doubtful, as far as nothing else on the page says it."""
        said = [*self._warned, *(text for text, _ in self.running.events)] if self.running else self._warned
        return [text for text in self.found.doubts if text not in said] if self.found else []

    @property
    def running(self) -> StageView | None:
        """The stage that a process works on."""
        return next((stage for stage in self.stages.values() if stage.state == "running"), None)

    @property
    def ended(self) -> StageView | None:
        """The last stage that ended otherwise than well."""
        begun = [stage for stage in self.stages.values() if stage.state != "new"]
        last = max(begun, key=lambda stage: stage.asked, default=None)  # a folder may be looked at again, after all
        return last if last and last.state in _BRIEFLY else None

    @property
    def failed(self) -> bool:
        """Whether the list says of it that something did not work."""
        return not self.running and not self.release and self.ended is not None and self.ended.state == "failed"

    @property
    def tone(self) -> str:
        """How the list colours what it says of it: a class of the style sheet."""
        if self.running or self.release is None:
            return "bad" if self.failed else ""
        return self.verdict.tone

    @property
    def summary(self) -> str:
        """Where it stands, for the list."""
        if self.running:
            return f"{self.running.title} …"
        if self.release:
            return self.verdict.summary
        return self.ended.briefly if self.ended else "Ready to protect"


def _sentences(rows: list[Row]) -> list[tuple[str, bool]]:
    """What there is to read of events, each once, and whether each is a warning."""
    told = {row["text"]: bool(row.get("warns")) for row in rows if row.get("text") and row["event"] != "failed"}
    return list(told.items())
