import math
from dataclasses import replace
from typing import Any

import pytest
from table_records import cells, record, rendered, table

from mtlue.errors import InputError
from mtlue.evaluation.records import Record
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import TableView
from mtlue.report.tables.comparison import compare
from mtlue.report.tables.footnotes import footnotes
from mtlue.report.tables.headings import comparison_title, headings


def test_rows_start_with_the_controls_and_cells_are_means_over_tasks_then_seeds() -> None:
    records = [
        record("tap", 0, {"left": 0.1, "right": 0.3}), record("tap", 1, {"left": 0.3, "right": 0.5}),
        record("noise"), record("clean"), record("em", label="em, longer"),
    ]  # fmt: skip
    comparison = table(records)
    assert [row.method.label for row in comparison.rows] == ["clean", "noise", "trivial", "tap", "em, longer"]
    (cell,) = cells(comparison, "tap")
    assert cell.value.mean == pytest.approx(0.3)
    assert cell.value.std == pytest.approx(math.sqrt(0.02))
    assert cells(comparison, "trivial")[0].value.mean == pytest.approx(0.1)
    assert "| tap | 0.300 ± 0.141 |" in rendered(records, "markdown")


def test_single_task_learners_of_one_seed_are_one_value() -> None:
    singles = [
        record("tap", seed, {task: score}, setting="stl")
        for seed, task, score in ((0, "left", 0.2), (0, "right", 0.4), (1, "left", 0.4), (1, "right", 0.6))
    ]
    (cell,) = cells(table(singles), "tap")
    assert cell.seeds == 2
    assert cell.value.mean == pytest.approx(0.4)
    each = table(singles, TableView(per_task=True))
    assert [column.task for column in each.columns] == ["left", "right"]
    assert [cell.value.mean for cell in cells(each, "tap")] == pytest.approx([0.3, 0.5])


def test_recovery_is_paired_by_seed_with_the_clean_learner_that_has_the_same_countermeasure() -> None:
    records = [
        record("clean", 0, {"left": 0.9, "right": 0.5}), record("clean", 1, {"left": 0.5, "right": 0.1}),
        record("tap", 0, {"left": 0.5, "right": 0.5}), record("tap", 1, {"left": 0.2, "right": 0.4}),
        record("tap", 2), record("tap", 0, {"left": 0.7, "right": 0.2}, countermeasure="jpeg10"),
        record("clean", 0, {"left": 0.9, "right": 0.3}, countermeasure="jpeg10"),
    ]  # fmt: skip
    results = SortedRecords.of(records)
    comparison = compare(results, TableView(recovery=True))
    plain, countered = cells(comparison, "tap")
    assert plain.value.mean == pytest.approx((0.75 + 0.25) / 2)
    assert (plain.seeds, plain.left_out, plain.untaught) == (2, 1, 1)
    assert countered.value.mean == pytest.approx((0.75 + 0.5) / 2)
    assert [cell.value.mean for cell in cells(comparison, "clean")] == pytest.approx([1.0, 1.0])
    assert [cell.value.mean for cell in cells(comparison, "trivial")] == [0.0, 0.0]
    notes = " ".join(footnotes(results, comparison))
    assert "its clean learner" in notes
    assert "clean images taught no more" in notes
    assert "against clean learners with the same one" in notes


def test_no_other_clean_learner_takes_the_place_of_one_that_is_missing() -> None:
    plain, countered = record("clean", scores={"left": 0.9}), record("tap", countermeasure="jpeg10")
    results = SortedRecords.of([plain, record("tap"), countered])
    comparison = compare(results, TableView(recovery=True))
    assert [cell.text for cell in cells(comparison, "tap")] == ["0.500", "–"]
    notes = " ".join(footnotes(results, comparison))
    assert "MTL, jpeg10: no recovery, as there is no clean learner with the same countermeasure (jpeg10)" in notes
    alone = SortedRecords.of([record("clean", scores={"left": 0.9}, countermeasure="jpeg10"), record("tap")])
    comparison = compare(alone, TableView(recovery=True))
    assert [cell.text for cell in cells(comparison, "tap")] == ["–", "–"]


def test_nothing_is_bold_where_clean_learners_learned_nothing() -> None:
    methods = [record("tap", scores={"left": 0.2}), record("em", scores={"left": 0.3})]
    hardly = [replace(one, learner=replace(one.learner, countermeasure="grey")) for one in methods]
    records = [
        record("clean", scores={"left": 0.9}), *methods,
        record("clean", scores={"left": 0.15}, countermeasure="grey"), *hardly,
    ]  # fmt: skip
    for view in (TableView(), TableView(recovery=True)):
        plain, grey = cells(table(records, view), "tap")
        assert (plain.best, grey.best) == (True, False)
    (unlearned,) = cells(table([record("clean", scores={"left": 0.1}), *methods]), "tap")
    assert not unlearned.best
    uncertain = record("clean", scores={"left": 0.2}, replicates={"left": [0.0, 0.4] * 50})
    assert not cells(table([uncertain, *methods]), "tap")[0].best
    assert cells(table(methods), "tap")[0].best  # no clean learner says that nothing can be learned


@pytest.mark.parametrize("view", [TableView(), TableView(recovery=True)])
def test_nothing_is_bold_where_nothing_protects(view: TableView) -> None:
    """After grey, learners of either method got 0.995 of what clean images teach, and one of them was bold."""
    countered: dict[str, Any] = {"countermeasure": "grey"}
    records = [
        record("clean", scores={"left": 0.9}), record("tap", scores={"left": 0.2}), record("em", scores={"left": 0.3}),
        record("clean", scores={"left": 0.8}, **countered), record("tap", scores={"left": 0.795}, **countered),
        record("em", scores={"left": 0.79}, **countered),
    ]  # fmt: skip
    comparison = table(records, view)
    assert [cell.best for cell in cells(comparison, "tap")] == [True, False]
    assert [cell.best for cell in cells(comparison, "em")] == [False, False]
    rule = "bold: protects best (none where it leaves a recovery above 0.9)"
    assert rule in comparison_title(comparison)
    assert comparison_title(table(records[:3], view)).endswith("; bold: protects best")


@pytest.mark.parametrize(("higher", "best"), [(True, "tap"), (False, "em")])
def test_the_most_protective_method_is_marked_in_either_direction(higher: bool, best: str) -> None:
    records = [record("clean", scores={"left": float(higher)}, higher=higher)]
    records += [record(name, scores={"left": score}, higher=higher) for name, score in (("tap", 0.3), ("em", 0.6))]
    comparison = table(records)
    assert [row.method.label for row in comparison.rows if row.cells[0].best] == [best]


def test_a_method_alone_in_a_column_is_not_marked() -> None:
    records = [record("clean"), record("tap")]
    assert not any(cell.best for row in table(records).rows for cell in row.cells)
    assert "bold" not in rendered(records, "markdown")
    better = record("em", scores={"left": 0.3})
    assert "bold" in rendered([*records, better], "markdown")


def test_recovery_respects_the_direction() -> None:
    errors: dict[str, Any] = {"metric": "absolute_error", "trivial": 5.0, "higher": False}
    records = [record("clean", scores={"age": 1.0}, **errors), record("tap", scores={"age": 4.0}, **errors)]
    assert cells(table(records, TableView(recovery=True)), "tap")[0].value.mean == pytest.approx(0.25)


def test_tasks_with_other_headline_metrics_are_columns_of_their_own() -> None:
    both = record("tap", scores={"left": 0.2, "age": 4.0})
    both = replace(
        both, metrics={"left": {"accuracy": 0.2}, "age": {"absolute_error": 4.0}},
        trivial={"left": {"accuracy": 0.1}, "age": {"absolute_error": 5.0}},
        directions={"left": {"accuracy": True}, "age": {"absolute_error": False}},
        headline={"left": "accuracy", "age": "absolute_error"},
    )  # fmt: skip
    assert [column.metric for column in table([both]).columns] == ["accuracy", "absolute_error"]
    results = SortedRecords.of([both])
    accuracy = compare(results, TableView(metric="accuracy"))
    assert [list(column.metrics) for column in accuracy.columns] == [["left"]]
    assert "left out: age" in " ".join(footnotes(results, accuracy))
    with pytest.raises(InputError, match="unknown metric 'auc': choose from absolute_error, accuracy"):
        compare(results, TableView(metric="auc"))


def mixed(method: str, seed: int, accuracy: float, depth: float, age: float) -> Record:
    """A learner of two tasks with an accuracy and two with an error in a unit of their own."""
    scores = {"left": ("accuracy", accuracy, 0.1), "right": ("accuracy", 0.5, 0.1)}
    scores |= {"depth": ("absolute_error", depth, 2.0), "age": ("absolute_error", age, 20.0)}
    return replace(
        record(method, seed, dict.fromkeys(scores, 0.0)),
        metrics={task: {metric: score} for task, (metric, score, _) in scores.items()},
        trivial={task: {metric: trivial} for task, (metric, _, trivial) in scores.items()},
        directions={task: {metric: metric == "accuracy"} for task, (metric, _, _) in scores.items()},
        headline={task: metric for task, (metric, _, _) in scores.items()},
    )  # fmt: skip


def test_errors_in_units_of_their_own_are_never_averaged() -> None:
    comparison = table([mixed("clean", 0, 0.9, 1.0, 5.0), mixed("tap", 0, 0.3, 1.9, 10.0)])
    assert [tuple(column.metrics) for column in comparison.columns] == [("left", "right"), ("depth",), ("age",)]
    assert headings(comparison) == [
        ("MTL", "accuracy"), ("MTL", "absolute error", "depth"), ("MTL", "absolute error", "age"),
    ]  # fmt: skip
    assert [cell.value.mean for cell in cells(comparison, "tap")] == pytest.approx([0.4, 1.9, 10.0])
    assert "mean over tasks" in comparison_title(comparison)
    recovered = table([mixed("clean", 0, 0.9, 1.0, 5.0), mixed("tap", 0, 0.3, 1.9, 10.0)], TableView(recovery=True))
    expected = (0.2 / 0.8 + 1.0 + 0.1 / 1.0 + 10 / 15) / 4
    assert [cell.value.mean for cell in cells(recovered, "tap")] == pytest.approx([expected])


def test_no_records_are_an_error() -> None:
    with pytest.raises(InputError, match="no record"):
        table([])
