"""Recovery of the mean over tasks: one quotient of means a seed."""

import statistics

import pytest
from table_records import cells, record

from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import TableView
from mtlue.report.tables.comparison import compare
from mtlue.report.tables.footnotes import footnotes
from mtlue.report.tables.headings import comparison_title
from mtlue.report.tables.renderings import long_csv

VIEW = TableView(recovery=True, ratio_of_means=True)


def test_a_task_that_clean_images_hardly_teach_weighs_by_what_they_teach() -> None:
    clean, left = {"left": 0.9, "right": 0.11}, {"left": 0.5, "right": 0.3}
    results = SortedRecords.of([record("clean", scores=clean), record("tap", scores=left)])
    (of_means,), (of_tasks,) = (cells(compare(results, view), "tap") for view in (VIEW, TableView(recovery=True)))
    assert of_means.value.mean == pytest.approx(
        (statistics.mean(left.values()) - 0.1) / (statistics.mean(clean.values()) - 0.1)
    )
    assert of_tasks.value.mean > 10  # 0.2 / 0.01 of one task
    comparison = compare(results, VIEW)
    assert "each of them a mean over tasks" in comparison_title(comparison)
    assert not any("Recovery divides by that little" in note for note in footnotes(results, comparison))
    assert "recovery of means" in long_csv(comparison, [])


def test_seeds_are_paired_and_those_without_a_clean_learner_take_the_mean_of_the_others() -> None:
    cleans = [record("clean", 0, {"left": 0.5, "right": 0.7}), record("clean", 1, {"left": 0.7, "right": 0.9})]
    taps = [record("tap", seed, {"left": 0.3, "right": 0.3}) for seed in (0, 1, 2)]
    results = SortedRecords.of([*cleans, *taps])
    comparison = compare(results, VIEW)
    (cell,) = cells(comparison, "tap")
    values = [0.2 / 0.5, 0.2 / 0.7, 0.2 / 0.6]
    assert cell.value.mean == pytest.approx(statistics.mean(values))
    assert cell.value.std == pytest.approx(statistics.stdev(values))
    assert cell.seeds == 3
    (note,) = [note for note in footnotes(results, comparison) if "in its place" in note]
    assert note == "MTL: no clean learner of seed 2; in its place stands the mean of those of seeds 0, 1."
    assert [cell.value.mean for cell in cells(comparison, "clean")] == [1.0]


def test_tasks_weigh_alike_however_many_clean_seeds_each_has() -> None:
    draws = {"left": [0.6, 0.8] * 50, "right": [0.2] * 100}
    cleans = [
        record("clean", seed, {task: 0.9}, setting="stl", replicates={task: [0.9] * 100})
        for seed, task in ((0, "left"), (0, "right"), (1, "left"), (2, "left"))
    ]
    scores = {"left": 0.7, "right": 0.2}
    taps = [record("tap", 5, {task: scores[task]}, setting="stl", replicates={task: draws[task]}) for task in scores]
    (cell,) = cells(compare(SortedRecords.of([*cleans, *taps]), VIEW), "tap")
    assert cell.value.mean == pytest.approx((0.6 + 0.1) / 1.6)
    assert cell.interval == pytest.approx(((0.5 + 0.1) / 1.6, (0.7 + 0.1) / 1.6))


def test_a_seed_that_lacks_a_task_is_left_out_and_errors_have_no_mean() -> None:
    both = {"left": 0.9, "right": 0.5}
    singles = [record("clean", 0, {task: score}, setting="stl") for task, score in both.items()]
    results = SortedRecords.of([*singles, record("tap", 0, {"left": 0.5}, setting="stl")])
    (cell,) = cells(compare(results, VIEW), "tap")
    assert (cell.text, cell.left_out, cell.missing) == ("–", 1, 2)
    ages = {"age": 1.0, "height": 2.0}
    errors = [
        record("clean", scores=ages, metric="absolute_error", trivial=5.0, higher=False),
        record("tap", scores={"age": 4.0, "height": 3.5}, metric="absolute_error", trivial=5.0, higher=False),
    ]
    each = cells(compare(SortedRecords.of(errors), VIEW), "tap")
    assert [cell.value.mean for cell in each] == pytest.approx([0.25, 0.5])


def test_clean_learners_that_learned_nothing_on_the_whole_leave_a_dash() -> None:
    results = SortedRecords.of([record("clean", scores={"left": 0.1, "right": 0.1}), record("tap")])
    assert [cell.text for cell in cells(compare(results, VIEW), "tap")] == ["–"]


def test_intervals_are_of_the_means_draw_by_draw() -> None:
    draws = {"left": [0.4, 0.6] * 50, "right": [0.2, 0.4] * 50}
    clean = record("clean", scores={"left": 0.9, "right": 0.7}, replicates={"left": [0.9] * 100, "right": [0.7] * 100})
    tap = record("tap", scores={"left": 0.5, "right": 0.3}, replicates=draws)
    (cell,) = cells(compare(SortedRecords.of([clean, tap]), VIEW), "tap")
    assert cell.value.mean == pytest.approx(0.3 / 0.7)
    assert cell.interval == pytest.approx((0.2 / 0.7, 0.4 / 0.7))
