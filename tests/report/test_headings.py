from dataclasses import replace

import pytest
from table_records import record, rendered

from mtlue.evaluation.learner import TestedOn
from mtlue.report.evaluations.table import caption
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import TableView
from mtlue.report.tables.comparison import compare
from mtlue.report.tables.headings import comparison_title


def test_only_attributes_that_vary_are_in_the_header() -> None:
    records = [record("clean"), record("clean", setting="stl"), record("clean", backbone="resnet18")]
    header = rendered(records, "markdown").splitlines()[2]
    assert header == "| method | MTL, tiny | STL, tiny | MTL, resnet18 |"
    assert rendered(records[:1], "markdown").splitlines()[2] == "| method | MTL |"
    countered = [record("clean"), record("clean", countermeasure="jpeg10")]
    assert rendered(countered, "markdown").splitlines()[2] == "| method | MTL, no countermeasure | MTL, jpeg10 |"


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        (("clean",), "clean test images"),
        (("released",), "released test images"),
        (("clean", "released"), "test images"),
    ],
)
def test_says_which_test_images_the_scores_are_of(sides: tuple[TestedOn, ...], words: str) -> None:
    records = [
        replace(one, learner=replace(one.learner, tested_on=side))
        for side in sides
        for one in (record("clean"), record("tap"))
    ]
    results = SortedRecords.of(records)
    assert f" on {words}" in comparison_title(compare(results, TableView()))
    assert caption(results).startswith(f"Scores on {words}.")
