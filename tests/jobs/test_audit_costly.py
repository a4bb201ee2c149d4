"""Attacks as in their sources, which take hours: the plan says how long, and they are tried where they are named."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from audited import PLAN, protected_digits

from mtlue import Runtime
from mtlue.cli.telling.audit import tell
from mtlue.evaluation.attacks import ATTACKS
from mtlue.evaluation.attacks.tiers import tier_of
from mtlue.evaluation.audits.options import AuditOptions
from mtlue.evaluation.audits.plan import AuditPlan, by_rank
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.countermeasures.self_supervised import SelfSupervisedSettings
from mtlue.evaluation.learners import work
from mtlue.evaluation.recoveries.verdict import unjudged
from mtlue.jobs.audits.audit import run_audit
from mtlue.jobs.audits.events import AuditPlanned
from mtlue.jobs.events import Event
from mtlue.jobs.requests.auditor import AuditRequest

COSTLY = [attack.name for attack in ATTACKS.values() if attack.costly]


def test_they_are_tried_only_where_they_are_named() -> None:
    assert set(COSTLY) == {"simple-net-full", "self-supervised-full"}
    assert not set(COSTLY) & {*by_rank(), *AuditOptions(tier=["compute"]).plan().attacks}
    assert AuditOptions(only=COSTLY).plan().attacks == ("self-supervised-full", "simple-net-full")
    assert set(COSTLY) <= set(AuditPlan().known)


@pytest.mark.parametrize(
    ("attacks", "said"),
    [
        (("grey",), ()),
        (("mixup",), ("self-supervised-full", "simple-net-full")),
        (("none", "simple-net-full"), ("self-supervised-full",)),
        ((), ()),
    ],
)
def test_they_are_spoken_of_where_others_of_their_tier_are_tried(attacks: Sequence[str], said: Sequence[str]) -> None:
    assert AuditPlan(attacks=tuple(attacks)).costly == tuple(said)


def test_the_sources_settings_are_theirs() -> None:
    of = {name: create(ATTACKS[name].countermeasure) for name in (*COSTLY, "projection-augmented")}
    assert of["self-supervised-full"].settings == SelfSupervisedSettings(epochs=1000, batch_size=512, temperature=0.5)
    assert {tier_of(name) for name in of} == {"compute"}


def test_the_plan_says_what_they_would_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(work, "_SECONDS", 0.01)
    plan, events = AuditPlan(PLAN.learner, ("none", "cutout"), ("mtl",), more_seeds=0), list[Event]()
    request = AuditRequest.of(protected_digits(tmp_path / "p"), {}, plan, tmp_path / "audit")
    report = run_audit(request, Runtime("cpu"), events.append).report
    (planned,) = [event for event in events if isinstance(event, AuditPlanned)]
    assert [one.attack for one in planned.costly] == ["self-supervised-full", "simple-net-full"]
    assert all(one.seconds > planned.seconds for one in planned.costly)
    assert unjudged(report.verdict) == []
    tell(planned)
    said = " ".join(capsys.readouterr().out.split())
    assert "only where --only names them, as in their sources: self-supervised-full (about " in said
