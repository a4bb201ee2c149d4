import math
from dataclasses import replace

import pytest

from mtlue.errors import InputError
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.records import Record, read_records, write_records
from mtlue.evaluation.summary import Spread, recovery, summarise
from mtlue.report.table import cells


def record(data: str, seed: int, left: float, right: float, setting: str = "mtl") -> Record:
    metrics = {"left": {"accuracy": left}, "right": {"accuracy": right}}
    trivial = {task: {"accuracy": 0.1} for task in metrics}
    return Record(
        dataset="d", condition=data, learner=Learner(setting=setting, seed=seed), method=None, epsilon=None,
        metrics=metrics, trivial=trivial, directions={t: {"accuracy": True} for t in metrics},
        headline=dict.fromkeys(metrics, "accuracy"), train_images=1, test_images=1, seconds=1.0,
    )  # fmt: skip


def test_recovery_is_one_for_clean_zero_for_trivial_in_either_direction() -> None:
    assert recovery(0.9, 0.9, 0.1) == 1
    assert recovery(0.1, 0.9, 0.1) == 0
    assert recovery(0.5, 0.9, 0.1) == pytest.approx(0.5)
    assert recovery(3.0, 1.0, 5.0, higher_is_better=False) == pytest.approx(0.5)
    assert math.isnan(recovery(0.5, 0.1, 0.1))
    assert math.isnan(recovery(0.5, 0.05, 0.1))


def test_the_least_protected_task_comes_first_and_recovery_is_paired_by_seed() -> None:
    records = [
        record("clean", 0, 0.9, 0.5), record("clean", 1, 0.7, 0.5),
        record("noise", 0, 0.9, 0.5), record("noise", 1, 0.7, 0.5),
        record("protected", 0, 0.1, 0.3), record("protected", 1, 0.1, 0.5),
    ]  # fmt: skip
    rows = summarise(records)
    assert [row.task for row in rows] == ["right", "left"]
    assert rows[0].recovery["protected"] == Spread(pytest.approx(0.75), pytest.approx(0.3536, abs=1e-3))
    assert rows[0].recovery["noise"] == Spread(1.0, 0.0)
    assert rows[1].scores["clean"].mean == pytest.approx(0.8)


def test_the_least_protected_block_comes_first() -> None:
    combined = [record("clean", 0, 0.9, 0.5), record("protected", 0, 0.2, 0.1)]
    single = [record("clean", 0, 0.9, 0.5, "stl"), record("protected", 0, 0.2, 0.4, "stl")]
    rows = summarise([*combined, *single])
    assert [(row.setting, row.task) for row in rows] == [
        ("stl", "right"), ("stl", "left"), ("mtl", "left"), ("mtl", "right"),
    ]  # fmt: skip


def test_a_task_that_is_learnable_on_purpose_comes_last_and_is_named_so() -> None:
    left_open = replace(record("protected", 0, 0.9, 0.2), unprotected=["left"])
    rows = summarise([record("clean", 0, 0.9, 0.5), left_open])
    assert [(row.task, row.unprotected) for row in rows] == [("right", False), ("left", True)]
    assert cells(rows[1], 1)[1] == "left (left learnable)"
    untaught = summarise([record("clean", 0, 0.9, 0.1), left_open])  # right: clean images taught nothing
    assert [row.task for row in untaught] == ["right", "left"]


def test_records_survive_the_disk(tmp_path) -> None:
    records = [record("clean", 0, 0.9, 0.5)]
    write_records(tmp_path / "results.json", records)
    assert read_records(tmp_path / "results.json") == records
    (tmp_path / "results.json").write_text("[{}]")
    with pytest.raises(InputError, match="cannot be used"):
        read_records(tmp_path / "results.json")
    with pytest.raises(InputError, match="is missing"):
        read_records(tmp_path / "nowhere.json")
