"""What attacks of one audit share."""

from dataclasses import replace
from pathlib import Path

import pytest
from audited import PLAN, protected_digits

from mtlue import Runtime
from mtlue.evaluation.attacker import Attacker
from mtlue.evaluation.attacks import ATTACKS, Attack
from mtlue.evaluation.countermeasures.projection import OrthogonalProjection
from mtlue.jobs.audits.audit import run_audit
from mtlue.jobs.requests.auditor import AuditRequest


def test_attacks_with_one_countermeasure_share_what_it_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_two_layers = Attack("two-layer-projection", "projection", 50, "projection", {"backbone": "two_layer"}, "compute")
    own = {**ATTACKS._own, by_two_layers.name: by_two_layers}
    monkeypatch.setattr(ATTACKS, "_own", own)
    fits, fit = list[str](), OrthogonalProjection.fit

    def counted(self: OrthogonalProjection, attacker: Attacker) -> None:
        fits.append(attacker.training.ids[0])
        fit(self, attacker)

    monkeypatch.setattr(OrthogonalProjection, "fit", counted)
    plan = replace(PLAN, attacks=("projection", by_two_layers.name))
    request = AuditRequest.of(protected_digits(tmp_path / "protected"), {}, plan, tmp_path / "audit")
    result = run_audit(request, Runtime("cpu"))
    assert {record.attack for record in result.records} == {"none", "projection", by_two_layers.name}
    assert len(fits) == 2, "once on clean images and once on released ones"
    assert not (request.folder / "temporary").exists()
