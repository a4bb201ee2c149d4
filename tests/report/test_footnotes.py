import math

import pytest
from table_records import cells, record, rendered

from mtlue.report.evaluations.table import caption
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.records.views import TableView
from mtlue.report.tables.comparison import compare
from mtlue.report.tables.footnotes import footnotes, small_margins
from mtlue.training import Recipe


def test_a_seed_that_lacks_a_task_is_left_out_and_said() -> None:
    records = [
        record("clean", 0, {"left": 0.9, "right": 0.9}),
        record("tap", 0, {"left": 0.2}, setting="mtl"), record("tap", 1, {"left": 0.4, "right": math.nan}),
        record("tap", 2, {"left": 0.5, "right": 0.7}),
    ]  # fmt: skip
    results = SortedRecords.of(records)
    comparison = compare(results, TableView())
    (cell,) = cells(comparison, "tap")
    assert cell.value.mean == pytest.approx(0.6)
    assert (cell.seeds, cell.left_out, cell.missing) == (1, 2, 2)
    notes = " ".join(footnotes(results, comparison))
    assert "MTL, tap: 2 of 3 seeds lack a task and are left out (2 of their 4 results missing)." in notes
    assert "seeds differ" in notes


def test_tasks_that_clean_images_hardly_teach_are_counted_below_a_mean_of_recoveries() -> None:
    clean = record("clean", scores={"well": 0.9, "hardly": 0.12, "not at all": 0.1})
    records = [clean, record("tap", scores={"well": 0.1, "hardly": 0.5, "not at all": 0.1})]
    results = SortedRecords.of(records)
    notes = " ".join(footnotes(results, compare(results, TableView(recovery=True))))
    assert "MTL: clean images teach 1 of 3 tasks less than a tenth of the way" in notes
    assert "MTL: 2 results without recovery, as clean images taught no more than the trivial predictor" in notes
    assert all(note in notes for note in small_margins(records))
    assert len(small_margins(records)) == 2
    assert small_margins(records[1:]) == []
    for view in (TableView(), TableView(recovery=True, per_task=True)):
        assert "a tenth" not in " ".join(footnotes(results, compare(results, view)))


def test_a_note_names_all_columns_that_it_holds_for() -> None:
    records = [
        record(kind, setting=setting, scores={"left": 0.1}) for kind in ("clean", "tap") for setting in ("mtl", "stl")
    ]
    results = SortedRecords.of(records)
    (note,) = (note for note in footnotes(results, compare(results, TableView(recovery=True))) if "without" in note)
    assert note.startswith("MTL; STL: 2 results each without recovery")


def test_classes_that_do_not_count_are_named_once() -> None:
    rare = {"left": {"boys": 1, "girls": 3}}
    results = SortedRecords.of([record("clean", uncounted=rare), record("tap", uncounted=rare)])
    notes = footnotes(results, compare(results, TableView()))
    assert notes == [
        "d: too few test images to count in means over classes (accuracy is over all images): left 'boys' (1), "
        "left 'girls' (3)."
    ]
    assert caption(results).endswith(notes[0])


@pytest.mark.parametrize(("seeds", "higher"), [(1, True), (2, False)])
def test_spreads_and_arrows_are_explained_where_there_are_some(seeds: int, higher: bool) -> None:
    scores = {"left": 0.5}
    records = [
        record(kind, seed, scores, higher=higher) for kind in ("clean", "tap") for seed in range(seeds)
    ]  # fmt: skip
    said = caption(SortedRecords.of(records))
    assert ("mean ± std over seeds" in said) is (seeds > 1)
    assert ("↓: lower is better" in said) is not higher


def test_columns_of_unlike_learners_are_named() -> None:
    results = SortedRecords.of(
        [record("clean"), record("tap", train_images=7, recipe=Recipe(epochs=3)), record("em", epsilon=4.0)]
    )
    notes = " ".join(footnotes(results, compare(results, TableView())))
    assert "MTL: training images differ, so that figures are not comparable: 10 (clean, em); 7 (tap)." in notes
    assert "epsilons differ" in notes


def test_learners_that_did_not_learn_their_own_images_are_named() -> None:
    flat, falling, short = ({"training error left": errors} for errors in ([0.9, 0.9, 0.89], [0.9, 0.6, 0.3], [0.9]))
    records = [record("clean", curves=falling), record("tap", curves=flat), record("em", curves=short)]
    (note,) = [note for note in rendered(records, "markdown").splitlines() if "hardly learned" in note]
    assert "(tap 1)" in note
