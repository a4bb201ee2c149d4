"""benchmarks/audits.py and audit_tables.py: which commands run, what is published, and how the tables read."""

import json
import math
import sys
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from audit_examples import both, record
from mtlue.cli.commands.audit import AuditedOptions
from mtlue.cli.parsing.options import Parser
from mtlue.evaluation.attacks import ATTACKS
from mtlue.evaluation.audits.options import AuditOptions
from mtlue.evaluation.audits.plan import by_rank
from mtlue.evaluation.audits.records import AuditCost, AuditReport, KnownAttack, NotRun, read_audit_report
from mtlue.evaluation.recoveries.added import Added
from mtlue.evaluation.recoveries.coverage import NO_TIME
from mtlue.evaluation.recoveries.recovery import recoveries
from mtlue.evaluation.recoveries.verdict import NOT_ASKED

EARLY = 8
"""How many attacks even a short budget should reach."""
BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"
KNOWN = [
    KnownAttack("none", "nothing", "nothing"),
    KnownAttack("grey", "greyscale", "nothing"),
    KnownAttack("cutout", "cutout", "compute"),
]


@pytest.fixture
def audits(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield import_module("audits")
    for name in ("audits", "audit_tables", "audit_published", "pooled_audits", "thin_records"):
        sys.modules.pop(name, None)


def report(grey: float, method: str = "tap") -> AuditReport:
    records = [*both("none", 0.25), *both("grey", grey), *both("cutout", -0.25)]
    return AuditReport("faces", method, 8.0, KNOWN, records, [NotRun("jpeg10", "not asked for")], AuditCost(1.0, 2.0))


class TestOneAudit:
    def case(self, audits: Any, tmp_path: Path, *words: str) -> Any:
        (case,) = audits.cases([*words, "--work", str(tmp_path / "work"), "--records", str(tmp_path / "records")])
        return case

    def test_protects_and_audits_with_the_dataset_s_file(self, audits: Any, tmp_path: Path) -> None:
        words = ("celeba5k_resnet18", "--methods", "tap", "--data-root", "sets", "--only", "grey", "jpeg:quality=42")
        case = self.case(audits, tmp_path, *words)
        protecting = " ".join(case.protecting())
        assert protecting.startswith("protect --dataset celeba --data sets/celeba5k --method tap --seed 0")
        assert case.release.name == "celeba5k-tap"
        _, *words = case.auditing()
        given = Parser("audit", "", AuditedOptions, AuditOptions).parse(words)
        plan = given[AuditOptions].plan()
        assert plan.learner.backbone == "resnet18"
        assert plan.attacks == ("jpeg:quality=42", "grey")

    def test_that_is_published_is_left_alone(
        self, audits: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        commands: list[str] = []

        def mtlue(words: list[str]) -> None:
            commands.append(words[0])
            if words[0] == "audit":
                replace(report(0.5), not_run=[]).write(case.audit / "audit.json")

        case = self.case(audits, tmp_path, "digits", "--methods", "noise")
        case.audit.mkdir(parents=True)
        monkeypatch.setattr(audits, "mtlue", mtlue)
        audits.run(case)
        audits.run(case)
        assert commands == ["protect", "audit"]
        assert "there already" in capsys.readouterr().out

    @pytest.mark.parametrize(("why", "whole"), [(NOT_ASKED, False), (NO_TIME, False), ("needs a model", True)])
    def test_of_a_part_is_not_taken_for_the_whole(self, audits: Any, why: str, whole: bool) -> None:
        assert audits.is_whole(replace(report(0.5), not_run=[NotRun("grey", why)])) is whole


def test_the_methods_of_a_dataset_share_their_learners(audits: Any, tmp_path: Path) -> None:
    words = ["digits", "digits_resnet18", "--methods", "em", "tap", "--tier", "nothing", "--work", str(tmp_path)]
    cases = audits.cases(words)
    assert "--tier=nothing" in cases[0].auditing()
    for case in cases * 2:
        audits.share_cells(case)
    (cases[0].audit / "cells" / "key.json").write_text("[]")
    assert all((case.audit / "cells" / "key.json").is_file() for case in cases)


def test_what_is_published_gives_the_same_recoveries(audits: Any, tmp_path: Path) -> None:
    draws = {"age": [0.123456, 0.5], "race": [0.25, 0.75]}
    scores = {"age": 0.5, "race": 0.3}
    records = [
        record("none", condition, scores, replicates=draws, curves={"training loss": [3.0, 2.0, math.nan]})
        for condition in ("clean", "protected")
    ]
    whole = AuditReport("faces", "tap", 8.0, KNOWN, records, [], AuditCost(1.0, 2.0))
    (case,) = audits.cases(["digits", "--methods", "tap", "--work", str(tmp_path), "--records", str(tmp_path)])
    case.audit.mkdir()
    whole.write(case.audit / "audit.json")
    audits.publish(case)
    published = import_module("audit_published").read_published(case.record)
    assert json.loads(case.record.read_text(encoding="utf-8"))["verdict"]
    assert repr(published.recoveries) == repr(read_audit_report(case.audit / "audit.json").recoveries)
    assert not math.isnan(published.recoveries[0].low)
    (plain,) = published.records
    assert (plain.condition, plain.replicates, len(plain.curves["training loss"])) == ("clean", {}, 2)


def test_the_folders_of_this_machine_are_not_published(audits: Any, tmp_path: Path) -> None:
    (case,) = audits.cases(["digits", "--methods", "tap", "--work", str(tmp_path), "--records", str(tmp_path)])
    case.audit.mkdir()
    failed = NotRun("grey", f"RuntimeError: no (see {tmp_path}/digits-tap-audit/failed/grey.txt)")
    found = report(0.5)
    AuditReport(**{**vars(found), "not_run": [failed]}).write(case.audit / "audit.json")
    audits.publish(case)
    (left,) = import_module("audit_published").read_published(case.record).not_run
    assert left.why == "RuntimeError: no (see digits-tap-audit/failed/grey.txt)"


def test_the_table_has_methods_side_by_side_and_the_strongest_attack_of_each_need_first(
    audits: Any, tmp_path: Path
) -> None:
    tables = import_module("audit_tables")
    published = import_module("audit_published").PublishedReport
    published.of(report(0.75)).write(tmp_path / "faces-tap.json")
    published.of(report(0.5, "noise")).write(tmp_path / "faces-noise.json")
    assert tables.audits("faces", tmp_path).splitlines() == [
        "| attack | needs | noise | tap |",
        "| --- | --- | --- | --- |",
        "| clean (trivial) |  | 0.90 (0.10) | 0.90 (0.10) |",
        "| `grey` | nothing | 0.50 | 0.75 |",
        "| `none` | nothing | 0.25 | 0.25 |",
        "| `cutout` | compute | 0.00 | 0.00 |",
    ]
    with pytest.raises(ValueError, match="places-METHOD"):
        tables.audits("places", tmp_path)


def test_what_the_attackers_own_images_teach_is_published(audits: Any, tmp_path: Path) -> None:
    """Its interval is unknown without draws: NaN, which JSON has no word for."""
    published = import_module("audit_published")
    (one,) = recoveries(both("grey", 0.5))
    added = replace(one, added=Added(0.2, math.nan, 0.25))
    kept = replace(published.PublishedReport.of(report(0.5)), found=[asdict(added)])
    kept.write(tmp_path / "faces-tap.json")
    (read,) = published.read_published(tmp_path / "faces-tap.json").recoveries
    assert isinstance(read.added, Added)
    assert (read.added.value, read.added.high) == (0.2, 0.25)
    assert math.isnan(read.added.low)


def test_the_control_does_not_order_attacks_and_oracles_come_last(audits: Any) -> None:
    tables = import_module("audit_tables")
    tap, noise = report(0.75), report(0.0, "noise")  # grey gets most back of tap, and nothing of noise
    assert [one.name for one in tables._ordered([noise, tap])][:2] == ["grey", "none"]
    known = [replace(one, oracle=one.name == "grey") for one in tap.attacks]
    assert [one.name for one in tables._ordered([noise, replace(tap, attacks=known)])][-1] == "grey"


def test_a_cell_says_what_is_not_known(audits: Any) -> None:
    tables = import_module("audit_tables")
    assert tables.cell(None) == "not tried"
    (one,) = recoveries(both("grey", 0.5))
    assert tables.cell(one) == "0.50"
    (unlearned,) = recoveries([record("grey", "clean", 0.05), record("grey", "protected", 0.5)])
    assert tables.cell(unlearned) == "undefined"
    assert tables.cell(tables.Mean("purifier", "mtl", 0.6, 4, 0.3)) == "0.60; own images alone 0.30"


def test_a_tiers_best_adds_something_where_any_does(audits: Any, tmp_path: Path) -> None:
    tables, published = import_module("audit_tables"), import_module("audit_published").PublishedReport
    records = [*both("none", 0.1), *both("dilution20", 0.9, control=0.95), *both("purifier", 0.6, control=0.4)]
    known = [KnownAttack.of(ATTACKS[name]) for name in ("none", "dilution20", "purifier")]
    published.of(replace(report(0.0), attacks=known, records=records)).write(tmp_path / "faces-tap.json")
    assert "| 0.60 `purifier` |" in tables.attackers("faces", tmp_path)


def test_the_pool_takes_its_own_word_and_leaves_the_others_to_the_audits(audits: Any) -> None:
    pooled = import_module("pooled_audits")
    words = ["digits", "--work", "w", "--processes", "3", "--methods", "tap"]
    assert pooled._processes(words) == (3, ["digits", "--work", "w", "--methods", "tap"])
    assert audits.cases(pooled._processes(words)[1])[0].method == "tap"


def test_the_best_attack_of_each_kind_of_attacker_may_be_of_another_audit(audits: Any, tmp_path: Path) -> None:
    tables, published = import_module("audit_tables"), import_module("audit_published").PublishedReport
    free = replace(report(0.75), records=[*both("none", 0.25), *both("grey", 0.75)])
    published.of(free).write(tmp_path / "faces-tap.json")
    published.of(report(0.75, "noise")).write(tmp_path / "faces-noise.json")
    costly = replace(report(0.0), records=[*both("none", 0.25), *both("cutout", 0.5)])
    published.of(costly).write(tmp_path / "faces_stronger-tap.json")
    assert tables.attackers("faces,faces_stronger", tmp_path).splitlines()[2:] == [
        "| `noise` | 0.75 `grey` | 0.00 `cutout` | not measured | not measured |",
        "| `tap` | 0.75 `grey` | 0.50 `cutout` | not measured | not measured |",
    ]


def means_of_attacks(*paths: Path) -> dict[str, float]:
    """What each attack that an attacker has got back on average."""
    values: dict[str, list[float]] = {}
    for path in paths:
        for found in json.loads(path.read_text())["found"]:
            if found["value"] is not None and not ATTACKS[found["attack"]].oracle:
                values.setdefault(found["attack"], []).append(found["value"])
    return {attack: fmean(of) for attack, of in values.items()}


@pytest.mark.parametrize("path", sorted((BENCHMARKS / "records/audit").glob("*-tap.json")), ids=lambda path: path.stem)
def test_the_first_attacks_get_back_nearly_as_much_as_the_strongest(path: Path) -> None:
    """An audit that tried none of the first is held against what they got back in others of the same release."""
    means, release = means_of_attacks(path), path.stem.partition("-")[0].partition("_")[0]
    first = {*by_rank()[:EARLY]}
    others = [*path.parent.glob(f"{release}_*-tap.json"), path.parent / f"{release}-tap.json"]
    tried = means if first & {*means} - {"none"} else means_of_attacks(*others)
    early = max(mean for attack, mean in tried.items() if attack in first)
    assert early > max(means.values()) - 0.1, f"{max(means, key=means.__getitem__)} wants a lower rank"
