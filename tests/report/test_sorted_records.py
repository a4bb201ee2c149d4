import math
from dataclasses import replace

from table_records import cells, record

from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import TableView
from mtlue.report.tables.comparison import compare
from mtlue.report.tables.headings import headings


def test_of_results_that_appear_twice_the_later_wins() -> None:
    results = SortedRecords.of([record("tap", scores={"left": 0.9}), record("tap", scores={"left": 0.2})])
    assert cells(compare(results, TableView()), "tap")[0].value.mean == 0.2
    assert "1 result appears more than once, 1 of them with other scores" in results.notes[0]
    apart = SortedRecords.of([record("tap"), record("tap", label="tap again"), record("tap", countermeasure="jpeg10")])
    assert apart.notes == ()


def test_recovery_is_never_taken_against_learners_of_another_test_set() -> None:
    of_one = [record("clean", scores={"left": 0.9}, test_set="aaaaaaaaaa"), record("tap", test_set="aaaaaaaaaa")]
    of_another = [record("clean", scores={"left": 0.5}, test_set="bbbbbbbbbb"), record("em", test_set="bbbbbbbbbb")]
    alone = [record("sep", test_set="cccccccccc"), record("sep", test_images=6)]
    comparison = compare(SortedRecords.of([*of_one, *of_another, *alone]), TableView(recovery=True))
    assert [name[-1] for name in headings(comparison)] == [
        *("5 test images, set aaaaaa", "5 test images, set bbbbbb", "5 test images, set cccccc", "6 test images"),
    ]
    of = {label: [cell.value.mean for cell in cells(comparison, label)] for label in ("tap", "em", "sep")}
    assert of["tap"][0] == 0.5
    assert of["em"][1] == 1
    assert all(map(math.isnan, [*of["tap"][1:], of["em"][0], *of["em"][2:], *of["sep"]]))


def test_test_sets_of_two_datasets_need_no_column_title() -> None:
    rows = [record(kind, dataset=name, test_set=name * 8) for name in ("a", "b") for kind in ("clean", "tap")]
    assert headings(compare(SortedRecords.of(rows), TableView())) == [("a", "MTL"), ("b", "MTL")]


def test_records_of_earlier_versions_belong_to_the_one_test_set_that_can_be_theirs() -> None:
    earlier, today, other = record("clean"), record("tap", test_set="aaaaaaaaaa"), record("em", test_set="bbbbbbbbbb")
    assert len(SortedRecords.of([earlier, today]).groups) == 1
    assert len(SortedRecords.of([earlier, today, other]).groups) == 3


def test_records_of_earlier_versions_tell_released_test_images_from_clean_ones() -> None:
    learner = replace(record("clean").learner, tested_on="released")
    earlier, today = replace(record("clean"), learner=learner), record("tap", test_set="aaaaaaaaaa")
    assert len(SortedRecords.of([earlier, today]).groups) == 2
    groups = SortedRecords.of([earlier, replace(today, learner=learner)]).groups
    assert [group.test_set for group in groups] == ["aaaaaaaaaa"]
