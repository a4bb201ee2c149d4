import csv
import io
import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from mtlue.errors import InputError
from mtlue.evaluation.learner import LEARNER_FIELDS, Learner
from mtlue.evaluation.records import Record
from mtlue.report.comparison import Comparison, compare
from mtlue.report.footnotes import footnotes
from mtlue.report.headings import comparison_title, headings
from mtlue.report.least_protected import least_protected
from mtlue.report.measurements import Measurement
from mtlue.report.published import published_scores
from mtlue.report.renderings import FIELDS, RENDERINGS
from mtlue.report.results import Results
from mtlue.report.views import TableView
from mtlue.training import Recipe

OUR_METHODS = {"clean", "noise", "em", "tap", "sep", "em-samplewise", "tap-samplewise", "sep-samplewise"}
OUR_METHODS |= {"lsp-patch", "lsp-average", "ar-patch", "ar-average"}


def record(
    method: str,
    seed: int = 0,
    scores: dict[str, float] | None = None,
    metric: str = "accuracy",
    trivial: float = 0.1,
    higher: bool = True,
    **others: object,
) -> Record:
    """A learner on images of ``method``, with one metric for all tasks."""
    scores = scores or {"left": 0.5}
    condition = method if method in ("clean", "noise") else "protected"
    values = {
        "dataset": "d", "condition": condition, "method": None if condition == "clean" else method,
        "epsilon": None if condition == "clean" else 8.0,
        "metrics": {task: {metric: score} for task, score in scores.items()},
        "trivial": {task: {metric: trivial} for task in scores},
        "directions": {task: {metric: higher} for task in scores},
        "headline": dict.fromkeys(scores, metric), "train_images": 10, "test_images": 5, "seconds": 1.0,
    }  # fmt: skip
    described = {name: others.pop(name) for name in LEARNER_FIELDS if name in others}
    learner = Learner(**{"seed": seed, "tasks": tuple(scores), **described})  # type: ignore[arg-type]
    return Record(learner=learner, **{**values, **others})  # type: ignore[arg-type]


def cells(comparison: Comparison, label: str) -> tuple[Measurement, ...]:
    (found,) = [row.cells for row in comparison.rows if row.method.label == label]
    return found


def table(records: Sequence[Record], view: TableView | None = None) -> Comparison:
    return compare(Results.of(records), view or TableView())


def rendered(records: Sequence[Record], form: str, view: TableView | None = None) -> str:
    results = Results.of(records)
    comparison = compare(results, view or TableView())
    return RENDERINGS[form](comparison, footnotes(results, comparison), None)  # type: ignore[index]


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
    assert (cell.seeds, cell.value.mean) == (2, pytest.approx(0.4))
    each = table(singles, TableView(per_task=True))
    assert [column.task for column in each.columns] == ["left", "right"]
    assert [cell.value.mean for cell in cells(each, "tap")] == pytest.approx([0.3, 0.5])


def test_a_seed_that_lacks_a_task_is_left_out_and_said() -> None:
    records = [
        record("clean", 0, {"left": 0.9, "right": 0.9}),
        record("tap", 0, {"left": 0.2}, setting="mtl"), record("tap", 1, {"left": 0.4, "right": math.nan}),
        record("tap", 2, {"left": 0.5, "right": 0.7}),
    ]  # fmt: skip
    results = Results.of(records)
    comparison = compare(results, TableView())
    (cell,) = cells(comparison, "tap")
    assert (cell.value.mean, cell.seeds, cell.left_out, cell.missing) == (pytest.approx(0.6), 1, 2, 2)
    notes = " ".join(footnotes(results, comparison))
    assert "MTL, tap: 2 of 3 seeds lack a task and are left out (2 of their 4 results missing)." in notes
    assert "seeds differ" in notes


def test_only_attributes_that_vary_are_in_the_header() -> None:
    records = [record("clean"), record("clean", setting="stl"), record("clean", backbone="resnet18")]
    header = rendered(records, "markdown").splitlines()[2]
    assert header == "| method | MTL, tiny | STL, tiny | MTL, resnet18 |"
    assert rendered(records[:1], "markdown").splitlines()[2] == "| method | MTL |"
    countered = [record("clean"), record("clean", countermeasure="jpeg10")]
    assert rendered(countered, "markdown").splitlines()[2] == "| method | MTL, no countermeasure | MTL, jpeg10 |"


def test_recovery_is_paired_by_seed_with_the_clean_learner_that_has_no_countermeasure() -> None:
    records = [
        record("clean", 0, {"left": 0.9, "right": 0.5}), record("clean", 1, {"left": 0.5, "right": 0.1}),
        record("tap", 0, {"left": 0.5, "right": 0.5}), record("tap", 1, {"left": 0.2, "right": 0.4}),
        record("tap", 2), record("tap", 0, {"left": 0.9, "right": 0.3}, countermeasure="jpeg10"),
        record("clean", 0, {"left": 0.3, "right": 0.3}, countermeasure="jpeg10"),
    ]  # fmt: skip
    results = Results.of(records)
    comparison = compare(results, TableView(recovery=True))
    plain, countered = cells(comparison, "tap")
    assert plain.value.mean == pytest.approx((0.75 + 0.25) / 2)
    assert (plain.seeds, plain.left_out, plain.untaught) == (2, 1, 1)
    assert countered.value.mean == pytest.approx(0.75)
    assert [cell.value.mean for cell in cells(comparison, "clean")] == pytest.approx([1.0, 0.375])
    assert [cell.value.mean for cell in cells(comparison, "trivial")] == [0.0, 0.0]
    notes = " ".join(footnotes(results, comparison))
    assert "its clean learner" in notes
    assert "clean images taught no more" in notes


@pytest.mark.parametrize(("higher", "best"), [(True, "tap"), (False, "em")])
def test_the_most_protective_method_is_marked_in_either_direction(higher: bool, best: str) -> None:
    records = [record("clean", scores={"left": 1.0 - higher}, higher=higher)]
    records += [record(name, scores={"left": score}, higher=higher) for name, score in (("tap", 0.3), ("em", 0.6))]
    comparison = table(records)
    assert [row.method.label for row in comparison.rows if row.cells[0].best] == [best]


def test_a_method_alone_in_a_column_is_not_marked() -> None:
    records = [record("clean"), record("tap")]
    assert not any(cell.best for row in table(records).rows for cell in row.cells)
    assert "bold" not in rendered(records, "markdown")
    assert "bold" in rendered([*records, record("em")], "markdown")


def test_recovery_respects_the_direction() -> None:
    errors = {"metric": "absolute_error", "trivial": 5.0, "higher": False}
    records = [record("clean", scores={"age": 1.0}, **errors), record("tap", scores={"age": 4.0}, **errors)]  # type: ignore[arg-type]
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
    results = Results.of([both])
    accuracy = compare(results, TableView(metric="accuracy"))
    assert [list(column.metrics) for column in accuracy.columns] == [["left"]]
    assert "left out: age" in " ".join(footnotes(results, accuracy))
    with pytest.raises(InputError, match="unknown metric 'auc': these records hold absolute_error, accuracy"):
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


def test_tasks_that_clean_images_hardly_teach_are_counted_below_a_mean_of_recoveries() -> None:
    clean = record("clean", scores={"well": 0.9, "hardly": 0.12, "not at all": 0.1})
    records = [clean, record("tap", scores={"well": 0.1, "hardly": 0.5, "not at all": 0.1})]
    results = Results.of(records)
    notes = " ".join(footnotes(results, compare(results, TableView(recovery=True))))
    assert "MTL: clean images teach 2 of 3 tasks less than a tenth of the way" in notes
    for view in (TableView(), TableView(recovery=True, per_task=True)):
        assert "a tenth" not in " ".join(footnotes(results, compare(results, view)))


def test_where_all_learners_have_a_countermeasure_a_note_says_what_recovery_is_against() -> None:
    results = Results.of([record(name, countermeasure="jpeg10") for name in ("clean", "tap")])
    notes = " ".join(footnotes(results, compare(results, TableView(recovery=True))))
    assert "MTL: recovery is taken against clean learners with the same countermeasure (jpeg10)" in notes
    assert "same countermeasure" not in " ".join(footnotes(results, compare(results, TableView())))


def test_the_first_line_names_each_methods_least_protected_task() -> None:
    clean = [record("clean", seed, {"left": 0.9, "right": 0.5, "dull": 0.1}) for seed in (0, 1)]
    records = [
        *clean, record("noise", 0, {"left": 0.9}),
        record("tap", 0, {"left": 0.1, "right": 0.5, "dull": 0.1}), record("tap", 1, {"left": 0.5, "right": 0.1}),
        record("em", 0, {"left": 0.2}, setting="stl"), record("clean", 0, {"left": 0.3}, setting="stl"),
    ]  # fmt: skip
    lead = least_protected(Results.of(records))
    assert lead == "least protected task, by recovery: em: left 0.500 (STL); tap: right 0.500 (MTL)"
    assert least_protected(Results.of(records[2:5])) is None
    learnable = [replace(one, unprotected=["right"]) if one.condition == "protected" else one for one in records]
    named = least_protected(Results.of(learnable))
    assert named is not None
    assert "right" not in named
    notes = footnotes(Results.of(learnable), compare(Results.of(learnable), TableView()))
    assert "MTL, tap: kept learnable on purpose, and counted in means: right." in notes
    results = Results.of(records)
    for form, start in (("terminal", lead), ("markdown", lead), ("latex", rf"\par{{\footnotesize {lead}")):
        assert RENDERINGS[form](compare(results, TableView()), (), lead).startswith(start)  # type: ignore[index]


def test_of_results_that_appear_twice_the_later_wins() -> None:
    results = Results.of([record("tap", scores={"left": 0.9}), record("tap", scores={"left": 0.2})])
    assert cells(compare(results, TableView()), "tap")[0].value.mean == 0.2
    assert "1 result(s) appear more than once, 1 of them with other scores" in results.notes[0]
    apart = Results.of([record("tap"), record("tap", label="tap again"), record("tap", countermeasure="jpeg10")])
    assert apart.notes == ()


def test_columns_of_unlike_learners_are_named() -> None:
    results = Results.of(
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


def test_text_is_escaped() -> None:
    records = [record("tap", label="tap_{50%} & a|b"), record("em", scores={"left": 0.1}), record("em", 1)]
    latex = rendered(records, "latex")
    assert r"tap\_\{50\%\} \& a|b" in latex
    assert r"\textbf{0.300 $\pm$ 0.283}" in latex
    assert all(rule in latex for rule in (r"\toprule", r"\midrule", r"\bottomrule"))
    assert r"| tap\_{50%} \& a\|b |" in rendered(records, "markdown")
    assert "tap_{50%} & a|b" in rendered(records, "terminal")


def names_in_csv(name: str) -> set[str]:
    text = rendered([record("tap", label=name)], "csv")
    return {line["method"] for line in csv.DictReader(io.StringIO(text, newline=""))}


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+a", "-a", "@SUM(1)", " =1", "-1-1", "=1"])
def test_a_name_in_csv_is_no_formula(name: str) -> None:
    assert f"'{name}" in names_in_csv(name)


@pytest.mark.parametrize("name", ["tap", "-1.5", "+2", "a=b", "1e-3", "-.5"])
def test_other_names_in_csv_stay(name: str) -> None:
    assert name in names_in_csv(name)


@pytest.mark.parametrize("name", ["\t=1", "\r=1", "a\r=1"])
def test_a_name_in_csv_is_one_line(name: str) -> None:
    assert name.replace("\t", "\\t").replace("\r", "\\r") in names_in_csv(name)


def test_csv_holds_every_digit() -> None:
    score = 1 / 3
    lines = list(csv.DictReader(io.StringIO(rendered([record("tap", label='a,"b"', scores={"left": score})], "csv"))))
    assert tuple(lines[0]) == FIELDS
    (ours,) = [line for line in lines if line["method"] == 'a,"b"']
    assert float(ours["mean"]) == score
    assert (ours["std"], ours["seeds"], ours["tasks"], ours["published"]) == ("", "1", "1", "")


def test_the_papers_figure_stands_beside_the_same_experiment_alone() -> None:
    same = record("tap", dataset="celeba", backbone="resnet18")
    view = TableView(published=published_scores())
    assert "0.500 (paper 0.595)" in rendered([same], "markdown", view)
    assert "paper: Yu et al." in rendered([same], "terminal", view)
    assert "MTL: ours is the mean over 1 task(s), the paper's over 40" in rendered([same], "terminal", view)
    assert "0.5951" in rendered([same], "csv", view)
    others = [
        {"weighting": "uw"},
        {"countermeasure": "jpeg10"},
        {"label": "tap, half"},
        {"epsilon": 4.0},
        {"dataset": "d"},
    ]
    for other in others:
        different = record("tap", **{"dataset": "celeba", "backbone": "resnet18", **other})  # type: ignore[arg-type]
        assert "paper" not in rendered([different], "markdown", view)
    assert "paper" not in rendered([same], "markdown", replace(view, per_task=True))
    assert "paper" not in rendered([same], "markdown")


def test_published_scores_are_of_what_we_know() -> None:
    figures = published_scores()
    assert len(figures) == 20
    for figure in figures:
        assert figure.source
        assert figure.dataset in {"celeba", "chestxray14", "utkface"}
        assert figure.method in OUR_METHODS or (figure.method is None and figure.note)
        assert figure.setting in {"mtl", "stl"} or (figure.setting is None and figure.note)
        assert 0 < figure.value < 1
    assert len({(each.dataset, each.method, each.setting) for each in figures}) == len(figures)


def test_no_records_are_an_error() -> None:
    with pytest.raises(InputError, match="no record"):
        table([])
