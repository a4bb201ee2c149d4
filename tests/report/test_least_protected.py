from dataclasses import replace

from table_records import record

from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import TableView
from mtlue.report.tables.comparison import compare
from mtlue.report.tables.footnotes import footnotes
from mtlue.report.tables.least_protected import least_protected
from mtlue.report.tables.renderings import RENDERINGS, Format


def test_the_first_line_names_each_methods_least_protected_task() -> None:
    clean = [record("clean", seed, {"left": 0.9, "right": 0.5, "dull": 0.1}) for seed in (0, 1)]
    records = [
        *clean, record("noise", 0, {"left": 0.9}),
        record("tap", 0, {"left": 0.1, "right": 0.5, "dull": 0.1}), record("tap", 1, {"left": 0.5, "right": 0.1}),
        record("em", 0, {"left": 0.2}, setting="stl"), record("clean", 0, {"left": 0.3}, setting="stl"),
    ]  # fmt: skip
    lead = least_protected(SortedRecords.of(records))
    assert lead == "least protected task, by recovery: em: left 0.500 (STL); tap: right 0.500 (MTL)"
    assert least_protected(SortedRecords.of(records[2:5])) is None
    by_metric = least_protected(SortedRecords.of(records), "accuracy")
    assert by_metric is not None
    assert by_metric.startswith("least protected task, by recovery of accuracy: em: left 0.500")
    learnable = [replace(one, unprotected=["right"]) if one.condition == "protected" else one for one in records]
    named = least_protected(SortedRecords.of(learnable))
    assert named is not None
    assert "right" not in named
    notes = footnotes(SortedRecords.of(learnable), compare(SortedRecords.of(learnable), TableView()))
    assert "MTL, tap: kept learnable on purpose, and counted in means: right." in notes
    results = SortedRecords.of(records)
    starts: dict[Format, str] = {"terminal": lead, "markdown": lead, "latex": rf"\par{{\footnotesize {lead}"}
    for form, start in starts.items():
        assert RENDERINGS[form](compare(results, TableView()), (), lead).startswith(start)
