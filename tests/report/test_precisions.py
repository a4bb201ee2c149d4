"""Tables say in which precision learners were trained, where it is not float32 throughout."""

import io
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from table_records import record, rendered

from mtlue.evaluation.attacks import find_attack
from mtlue.evaluation.audits.records import AuditCost, AuditReport, KnownAttack
from mtlue.evaluation.records import Record, write_records
from mtlue.report.audits.page import AuditPage, write_audit_page
from mtlue.report.audits.table import render_audit_table
from mtlue.report.evaluations.table import caption
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.tables.precisions import PRECISION

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
FLOAT, BF16 = "32-true", "bf16-mixed"


def notes(records: list[Record]) -> list[str]:
    lines = rendered(records, "markdown").splitlines()
    found = [line.removeprefix(f"- {PRECISION}") for line in lines if PRECISION in line]
    assert found == [] or " ".join(found).replace(r"\_", "_") in caption(SortedRecords.of(records)).replace(
        PRECISION, ""
    )
    return found


def learners(precision: str, seeds: int = 1) -> list[Record]:
    return [record(name, seed, precision=precision) for name in ("clean", "tap") for seed in range(seeds)]


@pytest.mark.parametrize("precisions", [("", ""), (FLOAT, FLOAT), ("", FLOAT)])
def test_nothing_is_said_of_float32(precisions: tuple[str, str]) -> None:
    clean, tap = (replace(one, precision=each) for one, each in zip(learners(""), precisions, strict=True))
    assert notes([clean, tap]) == []


def test_another_precision_of_all_is_said_once() -> None:
    single = [record("tap", setting="stl", precision=BF16)]
    assert notes([*learners(BF16), *single]) == ["all learners were trained in bfloat16 (bf16-mixed)."]


def test_means_over_learners_of_several_are_named() -> None:
    records = [*learners(FLOAT, 2), record("tap", 2, precision=BF16), record("em", precision="")]
    (note,) = notes(records)
    assert note.startswith("MTL: learners were trained in several, so that ")
    assert (
        "float32 (clean, tap); bfloat16 (bf16-mixed) (tap); one that records of earlier versions do not name (em)."
        in note
    )
    assert note.endswith(" Means over learners of several precisions: tap.")


def test_groups_of_unlike_precision_are_told_apart() -> None:
    other = [replace(one, learner=replace(one.learner, backbone="vgg16")) for one in learners(BF16)]
    assert notes([*learners(FLOAT), *other]) == [
        "MTL, tiny: all learners were trained in float32.",
        "MTL, vgg16: all learners were trained in bfloat16 (bf16-mixed).",
    ]


def report(*precisions: str) -> AuditReport:
    attacked = [replace(one, attack="grey", versions={"mtlue": "0"}) for one in learners("")]
    records = [replace(one, precision=each) for one, each in zip(attacked, precisions, strict=True)]
    return AuditReport("d", "tap", 8.0, [KnownAttack.of(find_attack("grey"))], records, [], AuditCost(1.0, 1.0))


@pytest.mark.parametrize(
    ("precisions", "said"),
    [
        ((FLOAT, FLOAT), None),
        ((BF16, BF16), "Precision: all learners were trained in bfloat16 (bf16-mixed)."),
        ((FLOAT, BF16), "Precision: learners of several are compared with each other, so that differences as small as "
         "those between precisions say nothing. float32: 1 record; bfloat16 (bf16-mixed): 1 record."),
    ],
)  # fmt: skip
def test_an_audit_says_it_in_its_table_and_on_its_page(
    precisions: tuple[str, str], said: str | None, tmp_path: Path
) -> None:
    shown = io.StringIO()
    Console(file=shown, width=80).print(render_audit_table(report(*precisions)))
    write_audit_page(tmp_path / "audit.html", AuditPage(report(*precisions)))
    for text in (shown.getvalue(), (tmp_path / "audit.html").read_text(encoding="utf-8")):
        text = " ".join(text.split())
        assert (PRECISION in text) is (said is not None)
        assert (said or "") in text


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        return runpy.run_path(str(BENCHMARKS / "published_tables.py")) | runpy.run_path(str(BENCHMARKS / "audits.py"))


def test_published_tables_keep_the_note_and_write_it_again(published: dict[str, Any], tmp_path: Path) -> None:
    write_records(tmp_path / "results.json", learners(BF16))
    command = f"<!-- mtlue table {tmp_path / 'results.json'} -->"
    fresh = published["current"](f"{command}\n\nAfter.\n")
    assert fresh.endswith("|\n\n- Precision: all learners were trained in bfloat16 (bf16-mixed).\n\nAfter.\n")
    assert published["current"](fresh) == fresh
    write_records(tmp_path / "results.json", learners(FLOAT))
    assert published["current"](fresh).endswith("|\n\nAfter.\n")


def test_published_audits_have_a_row_of_precisions(published: dict[str, Any], tmp_path: Path) -> None:
    for method, precisions in {"em": (FLOAT, FLOAT), "tap": (FLOAT, BF16)}.items():
        published["thinned"](report(*precisions)).write(tmp_path / f"d-{method}.json")
    assert "| precision |  | float32 | float32, bfloat16 (bf16-mixed) |" in published["audits"]("d", tmp_path)
    published["thinned"](report(FLOAT, FLOAT)).write(tmp_path / "d-tap.json")
    assert "precision" not in published["audits"]("d", tmp_path)
