from table_records import cells, record

from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import TableView
from mtlue.report.tables.comparison import compare


def test_of_results_that_appear_twice_the_later_wins() -> None:
    results = SortedRecords.of([record("tap", scores={"left": 0.9}), record("tap", scores={"left": 0.2})])
    assert cells(compare(results, TableView()), "tap")[0].value.mean == 0.2
    assert "1 result appears more than once, 1 of them with other scores" in results.notes[0]
    apart = SortedRecords.of([record("tap"), record("tap", label="tap again"), record("tap", countermeasure="jpeg10")])
    assert apart.notes == ()
