"""Rows of tasks, as ``evaluate`` and the page show them: the least protected first."""

import io
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from mtlue.evaluation.learner import LEARNER_FIELDS, Learner, Setting
from mtlue.evaluation.records import Record
from mtlue.report.evaluations.rows import TaskRow, task_rows
from mtlue.report.evaluations.table import COUNTERED, caption, release_title, render_release_table, row_texts
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.tables.cells import Spread


def record(condition: str, seed: int, left: float, right: float, setting: Setting = "mtl", **others: Any) -> Record:
    metrics = {"left": {"accuracy": left}, "right": {"accuracy": right}}
    values: dict[str, Any] = {
        "dataset": "d", "condition": condition, "epsilon": None, "metrics": metrics,
        "method": {"clean": None, "noise": "noise", "protected": "tap"}[condition],
        "trivial": {task: {"accuracy": 0.1} for task in metrics},
        "directions": {task: {"accuracy": True} for task in metrics}, "headline": dict.fromkeys(metrics, "accuracy"),
        "train_images": 1, "test_images": 1, "seconds": 1.0,
    }  # fmt: skip
    described = {name: others.pop(name) for name in LEARNER_FIELDS if name in others}
    learner = Learner(seed=seed, setting=setting, tasks=("left", "right"), **described)
    return Record(learner=learner, **{**values, **others})


def rows_of(records: Sequence[Record]) -> list[TaskRow]:
    return task_rows(SortedRecords.of(records))


def test_the_least_protected_task_comes_first_and_recovery_is_paired_by_seed() -> None:
    rows = rows_of([
        record("clean", 0, 0.9, 0.5), record("clean", 1, 0.7, 0.5),
        record("noise", 0, 0.9, 0.5), record("noise", 1, 0.7, 0.5),
        record("protected", 0, 0.1, 0.3), record("protected", 1, 0.1, 0.5),
    ])  # fmt: skip
    assert [row.task for row in rows] == ["right", "left"]
    assert rows[0].recovery.value.mean == pytest.approx(0.75)
    assert rows[0].recovery.value.std == pytest.approx(0.3536, abs=1e-3)
    assert rows[0].noise_recovery.value == Spread(1.0, 0.0)
    assert rows[1].clean.value.mean == pytest.approx(0.8)
    assert row_texts(rows[1])[3:6] == ("0.100", "0.800 ± 0.141", "0.800 ± 0.141")


def test_the_least_protected_block_comes_first() -> None:
    combined = [record("clean", 0, 0.9, 0.5), record("protected", 0, 0.2, 0.1)]
    single = [record("clean", 0, 0.9, 0.5, "stl"), record("protected", 0, 0.2, 0.4, "stl")]
    rows = rows_of([*combined, *single])
    assert [(row.block, row.task) for row in rows] == [
        ("STL", "right"), ("STL", "left"), ("MTL", "left"), ("MTL", "right"),
    ]  # fmt: skip


def test_a_task_that_is_learnable_on_purpose_comes_last_and_is_marked() -> None:
    left_open = replace(record("protected", 0, 0.9, 0.2), unprotected=["left"])
    rows = rows_of([record("clean", 0, 0.9, 0.5), left_open])
    assert [(row.task, row.left_learnable) for row in rows] == [("right", False), ("left", True)]
    assert row_texts(rows[1])[1] == "left (left learnable)"
    untaught = rows_of([record("clean", 0, 0.9, 0.1), left_open])  # right: clean images taught nothing
    assert [row.task for row in untaught] == ["right", "left"]


def test_a_value_of_one_seed_has_no_deviation_whatever_other_rows_have() -> None:
    (row, *_) = rows_of([record("clean", 0, 0.9, 0.5), record("clean", 1, 0.7, 0.5), record("protected", 1, 0.4, 0.2)])
    assert row_texts(row)[4:] == ("0.800 ± 0.141", "–", "0.400", "–", "0.500")


def test_under_a_countermeasure_recovery_is_against_clean_learners_with_the_same_one() -> None:
    countered = [
        record("clean", 0, 0.5, 0.5, countermeasure="grey"), record("protected", 0, 0.3, 0.3, countermeasure="grey"),
    ]  # fmt: skip
    both = SortedRecords.of([*countered, record("clean", 0, 0.9, 0.9)])
    by_block = {row.block: row for row in task_rows(both)}
    assert by_block["MTL, grey"].recovery.value.mean == pytest.approx(0.5)
    assert caption(both).endswith(COUNTERED)
    plain = SortedRecords.of([record("clean", 0, 0.9, 0.9)])
    assert not caption(plain).endswith(COUNTERED)


def test_releases_and_learners_that_differ_are_blocks_of_their_own() -> None:
    records = [
        record("clean", 0, 0.9, 0.9), record("protected", 0, 0.2, 0.2), record("protected", 0, 0.6, 0.6, method="em"),
    ]  # fmt: skip
    assert [row.block for row in rows_of(records)] == ["MTL, em", "MTL, em", "MTL, tap", "MTL, tap"]
    assert release_title(records).startswith("d: tap, em; tiny learners")
    other = [record("clean", 0, 0.5, 0.5, backbone="resnet18"), record("protected", 0, 0.4, 0.4, backbone="resnet18")]
    assert [row.block for row in rows_of([*records[:2], *other])][::2] == ["MTL, resnet18", "MTL, tiny"]


def test_a_release_of_noise_is_kept_apart_from_the_noise_made_beside_it() -> None:
    records = [
        record("clean", 0, 0.9, 0.9), record("noise", 0, 0.8, 0.8), record("protected", 0, 0.7, 0.7, method="noise"),
    ]  # fmt: skip
    results = SortedRecords.of(records)
    assert results.notes == ()
    assert [method.label for method in results.methods()] == ["clean", "noise", "released noise"]
    row = task_rows(results)[0]
    assert (row.noise.value.mean, row.protected.value.mean) == (0.8, 0.7)


def test_clean_learners_alone_are_a_table_too() -> None:
    rows = rows_of([record("clean", 0, 0.9, 0.9)])
    assert row_texts(rows[0]) == ("MTL", "left", "accuracy", "0.100", "0.900", "–", "–", "–", "–")
    assert release_title([record("clean", 0, 0.9, 0.9)]).startswith("d: clean only; tiny learners")
    table = [replace(one, dataset="table") for one in [record("clean", 0, 0.9, 0.9)]]
    assert release_title(table).startswith("Your images: clean only")


def test_a_row_in_which_no_learner_has_a_score_is_left_out_and_named_beneath() -> None:
    none = math.nan
    records = [record("clean", 0, 0.9, none), record("noise", 0, 0.8, none), record("protected", 0, 0.7, none)]
    shown = io.StringIO()
    Console(file=shown, width=120).print(render_release_table(records))
    (row,) = [line for line in shown.getvalue().splitlines() if "accuracy" in line and "MTL" in line]
    assert "left" in row
    said = "Left out, as too few test images carry their labels to score a learner: 'right' (accuracy)."
    assert said in " ".join(shown.getvalue().split())
    assert "Left out" not in caption(SortedRecords.of([record("clean", 0, 0.9, 0.5)]))
