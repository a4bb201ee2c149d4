"""The audits of configs/audit are what `mtlue audit` takes."""

from pathlib import Path

import pytest

from mtlue.cli.commands.audit import AuditedOptions
from mtlue.cli.parsing.config_file import read_config
from mtlue.cli.parsing.options import Parser
from mtlue.evaluation.audits.options import AuditOptions
from mtlue.evaluation.audits.plan import by_rank

PRESETS = sorted((Path(__file__).resolve().parents[3] / "configs" / "audit").glob("*.yaml"))


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_every_preset_is_an_audit_of_all_attacks_or_of_those_that_it_lists(path: Path) -> None:
    given = Parser("audit", "", AuditedOptions, AuditOptions).parse(["out", "--config", str(path)])
    options = given[AuditOptions]
    plan = options.plan()
    assert set(plan.attacks) == set(options.only or by_rank())
    assert plan.learner.backbone == ("resnet18" if path.stem.endswith("_resnet18") else "tiny")
    assert f"# mtlue audit OUT --config configs/audit/{path.name}\n" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("dataset", ["digits", "utkface", "celeba5k"])
def test_the_larger_learner_does_the_same(dataset: str) -> None:
    small, large = (
        {name: value for name, value in read_config(path).items() if name != "backbone"}
        for path in PRESETS
        if path.stem in (dataset, f"{dataset}_resnet18")
    )
    assert small == large
