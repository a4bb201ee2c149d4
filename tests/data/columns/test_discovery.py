"""Which tasks a table's columns become, by themselves and with rules."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtlue import Categorical, InputError, Regression
from mtlue.data.columns.discovery import find_tasks
from mtlue.data.columns.known import columns_for
from mtlue.data.columns.quantities import numbers_per_cell
from mtlue.data.columns.rules_file import read_rules
from mtlue.data.columns.several import SeveralLabels
from mtlue.errors import param
from mtlue.faults import FaultsError
from mtlue.tables.column_cells import ColumnCells, is_number, split_cell
from mtlue.tables.likeness import note_on_alike
from mtlue.tasks import Depth, Segmentation, Task

NUMBERS = [str(n / 4) for n in range(40)]
ROWS = 1000


def cycle(*cells: object) -> list[str]:
    """``ROWS`` cells, each value as often as the others."""
    return [str(cells[row % len(cells)]) for row in range(ROWS)]


def bell(low: int, high: int) -> list[str]:
    """``ROWS`` whole numbers, those at the ends rare."""
    draws = np.random.default_rng(0).binomial(high - low, 0.5, ROWS) + low
    return [str(number) for number in draws]


CLASSES, QUANTITY, NOTHING = "categorical", "regression", None
KINDS: list[tuple[str, list[str], str | None, bool]] = [
    ("label", cycle(*range(100)), CLASSES, True),
    ("fine_label", cycle(*range(20)), CLASSES, True),
    ("classId", cycle(*range(7, 300, 3)), CLASSES, True),
    ("target", cycle(*range(1, 103)), CLASSES, True),
    ("person_id", cycle(*range(500, 600)), CLASSES, True),
    ("person", cycle(*range(500, 600)), CLASSES, True),
    ("patient_id", cycle(*range(3, 3 + ROWS)), NOTHING, False),
    ("target", cycle(*range(3, 3 + ROWS)), QUANTITY, True),
    ("zip", cycle(*range(10115, 10155)), CLASSES, True),
    ("zip", cycle("02100", *range(10115, 10155)), CLASSES, True),
    ("year", cycle(*range(1990, 2021)), CLASSES, True),
    ("rating", cycle(1, 2, 3, 4, 5), CLASSES, False),
    ("stars", cycle(0.5, 1, 1.5, 2), CLASSES, False),
    ("smiling", cycle(0, 1), CLASSES, False),
    ("age", bell(1, 90), QUANTITY, True),
    ("age", cycle(*range(18, 91)), QUANTITY, True),
    ("number of rooms", cycle(*range(1, 20)), QUANTITY, True),
    ("weight", bell(2000, 4000), QUANTITY, True),
    ("brightness", bell(0, 255), QUANTITY, True),
    ("brightness", cycle(*range(16)), CLASSES, True),
    ("price", cycle(*(f"{n}.99" for n in range(900))), QUANTITY, False),
    ("price", cycle(*(f"{n}.99" for n in range(30))), QUANTITY, True),
    ("steering", [repr(n / 7 - 50) for n in range(ROWS)], QUANTITY, False),
    ("loss", [repr(1e-9 * (n + 1)) for n in range(ROWS)], QUANTITY, False),
    ("x", cycle(*(f"{n}.0" for n in range(15))), CLASSES, True),
    ("x", [f".{n + 1}" for n in range(ROWS)], QUANTITY, False),
    ("x", cycle("3E1", *range(20)), CLASSES, True),
    ("x", cycle("+5", *range(20)), CLASSES, True),
    ("x", cycle("1_007", *range(20)), CLASSES, True),
    ("x", cycle("0x10", *range(20)), CLASSES, True),
    ("x", cycle("1e5", *range(20)), CLASSES, True),
    ("x", cycle("007", *range(20)), CLASSES, True),
    ("x", cycle("\u0661\u0662", *range(20)), CLASSES, True),
    ("x", cycle(" 5", *range(20)), CLASSES, True),
    ("x", cycle("inf", *range(20)), CLASSES, True),
    ("x", cycle("unknown", *range(20)), CLASSES, True),
    ("x", [f"{n:05d}" for n in range(ROWS)], NOTHING, True),
    ("x", cycle(*(f"name {n}" for n in range(400))), CLASSES, False),
    ("x", [f"name {n}" for n in range(ROWS)], NOTHING, False),
    ("index", cycle(*range(ROWS)), NOTHING, False),
    ("Unnamed: 0", cycle(*range(ROWS // 2)), NOTHING, False),
    ("Unnamed: 0", cycle("a", "b"), CLASSES, False),
    ("index", cycle(*range(20)), CLASSES, True),
    ("level_0", [str(n // 50) for n in range(ROWS)], CLASSES, True),
    ("level_0", cycle(*range(ROWS - 1, -1, -1)), NOTHING, False),
    ("number", cycle(*range(1, ROWS + 1)), NOTHING, False),
]
"""A column's name and cells -> its kind, and whether a note says how to choose the other."""


def found(cells: Mapping[str, Sequence[str | None]], tasks: list[str] | None = None) -> dict[str, object]:
    frame = pd.DataFrame(cells, dtype=object)
    return {task.name: task for task in find_tasks(frame, read_rules(tasks), "the table").tasks}


def rules(folder: Path, text: str) -> list[str]:
    path = folder / "tasks.yaml"
    path.write_text(text)
    return [str(path)]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["b", "a", None, "a"], {"x": Categorical("x", ("a", "b"))}),
        (["10", "9", "10", "9"], {"x": Categorical("x", ("9", "10"))}),
        (["yes", "no", "yes", None], {"x": Categorical("x", ("no", "yes"))}),
        (NUMBERS, {"x": Regression("x", low=0.0, high=9.75)}),
        (["cat|dog", "dog", "cat", None], {name: Categorical(name, ("no", "yes")) for name in ("x=cat", "x=dog")}),
        (["a;b", "b; c", "c", "a"], {name: Categorical(name, ("no", "yes")) for name in ("x=a", "x=b", "x=c")}),
        (["Paris, France", "Rome, Italy"] * 2, {"x": Categorical("x", ("Paris, France", "Rome, Italy"))}),
    ],
)
def test_columns_become_tasks(cells: list[str | None], expected: dict[str, object]) -> None:
    assert found({"x": cells}) == expected


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["a", "a", "a", "a"], "has only 1 class"),
        ([None, None, None, None], "all cells are empty"),
        (["10000000000000000" + str(i + 10) for i in range(20)], "too alike"),
        (["a", "b", "c", "d"], "too many for classes"),
        (["same", None, "same", None], "has only 1 class"),
    ],
)
def test_columns_that_hold_no_task_are_named(cells: list[str | None], why: str) -> None:
    frame = pd.DataFrame({"x": cells, "kind": ["a", "b"] * (len(cells) // 2)}, dtype=object)
    result = find_tasks(frame, read_rules(None), "the table")
    assert [task.name for task in result.tasks] == ["kind"]
    assert "column 'x'" in result.notes[0]
    assert why in result.notes[0]


@pytest.mark.parametrize(("name", "cells", "kind", "noted"), KINDS)
def test_classes_or_a_quantity(
    name: str, cells: list[str | None], kind: str | None, noted: bool, tmp_path: Path
) -> None:
    frame = pd.DataFrame({name: cells, "other": ["a", "b"] * (len(cells) // 2)}, dtype=object)
    result = find_tasks(frame, read_rules(None), "the table")
    kinds = {task.name: task.kind for task in result.tasks}
    assert kinds.get(name) == kind
    notes = "; ".join(result.notes)
    assert (f"in a tasks file ({param('tasks')} tasks.yaml)" in notes) == noted, notes
    assert kind is not None or f"column '{name}'" in notes
    for said in (CLASSES, QUANTITY):  # one rule is enough to choose; texts can be no quantity
        given = rules(tmp_path, f"tasks: {{'{name}': {{kind: {said}}}}}")
        try:
            chosen = {task.name: task for task in find_tasks(frame, read_rules(given), "the table").tasks}[name]
        except InputError as error:
            assert (said, bool(re.search("not (a number|numbers)", str(error)))) == (QUANTITY, True)  # noqa: PT017
        else:
            assert chosen.kind == said
            assert said == QUANTITY or set(getattr(chosen, "classes", ())) == set(cells)


def test_more_classes_than_usual_are_chosen_by_one_rule(tmp_path: Path) -> None:
    frame = pd.DataFrame({"label": [str(n % 1500) for n in range(3000)], "kind": ["a", "b"] * 1500}, dtype=object)
    result = find_tasks(frame, read_rules(None), "the table")
    assert [task.name for task in result.tasks] == ["kind"]
    assert "'kind: categorical' or 'kind: regression': it is not protected" in result.notes[0]
    given = rules(tmp_path, "tasks: {label: {kind: categorical}}")
    assert find_tasks(frame, read_rules(given), "the table").tasks[0].channels == 1500


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**15), 10**15))
def test_what_python_writes_is_a_number(number: float) -> None:
    assert is_number(str(number))
    assert not is_number(f"+{number}")
    assert not is_number(f"0{abs(number)}")


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=5), min_size=2, max_size=20, unique=True))
def test_cells_that_are_classes_by_their_nature_stay_what_they_are(names: list[str]) -> None:
    frame = pd.DataFrame({"label": names}, dtype=object)
    (task,) = find_tasks(frame, read_rules(None), "the folder", classes=["label"]).tasks
    assert isinstance(task, Categorical)
    assert sorted(task.classes) == sorted(names)
    assert [task.format(label) for label in task.parse(names)] == names


@pytest.mark.parametrize(
    ("cells", "size"),
    [
        (["1|2|2", "0|1|1"], 3),
        (["[0.5, 1.5]", "[1, 2]"], 2),
        (["(1 2)", "(2 2)"], 2),
        (["0.5;1", "1;2"], 2),
        (["1|2", "2|1"], 0),
        ([f"{i}|{i + 1}" for i in range(20)], 0),
        ([f"{i + 1}|{i}" for i in range(20)], 2),
        (["1|nan", "2|1.5"], 2),
        (["1|2|2", "0|1"], 0),
        (["a|b", "b"], 0),
        (["[5]", "[5.5]"], 0),
        (["1 2.5", "2 3"], 0),
        (["2020|01|01"], 0),
    ],
)
def test_cells_of_several_numbers_are_told_from_labels(cells: list[str], size: int) -> None:
    assert numbers_per_cell(ColumnCells.of(pd.Series(cells, dtype=object))) == size


def test_features_are_no_labels_unless_a_rule_says_so(tmp_path: Path) -> None:
    cells = ["|".join(f"{row + column / 7:.3f}" for column in range(300)) for row in range(4)]
    frame = pd.DataFrame({"feature": cells, "kind": ["a", "b"] * 2}, dtype=object)
    result = find_tasks(frame, read_rules(None), "the table")
    assert [task.name for task in result.tasks] == ["kind"]
    assert "holds 300 numbers in every cell" in result.notes[0]
    told = rules(tmp_path, "tasks:\n  " + result.notes[0].split("say '")[1].split("' below")[0])
    assert find_tasks(frame, read_rules(told), "the table").tasks[0].channels == 300


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (["TRUE", "True", "no"], "'TRUE' and 'True'"),
        (["1", "1.0", "01", "2"], "'1', '1.0' and '01'"),
        (["Oak", "oak ", "ash"], "'Oak' and 'oak '"),
        (["caf\u00e9", "cafe\u0301"], "'caf\\xe9' and 'cafe\\u0301'"),
        (["a", "a\u200b"], "'a' and 'a\\u200b'"),
        (["a", "a\0"], "'a' and 'a\\x00'"),
        (["a b", "a\u00a0b"], "'a b' and 'a\\xa0b'"),
        (["stra\u00dfe", "STRASSE"], "'stra\u00dfe' and 'STRASSE'"),
        (["\uff11", "1"], "'\uff11' and '1'"),
    ],
)
def test_classes_that_look_alike_are_pointed_out(texts: list[str], shown: str) -> None:
    note = note_on_alike("the classes", texts, "mend them")
    assert note == f"the classes {shown} look alike: mend them"


def test_classes_that_differ_are_not_pointed_out() -> None:
    assert note_on_alike("the classes", ["oak", "ash", "1", "2", "nan", "NaN1", "-", "_"], "") is None
    assert note_on_alike("the classes", [str(2**53), str(2**53 + 1), "0.1", f"0.1{'0' * 30}1"], "") is None
    assert note_on_alike("the classes", [f"1e-{'9' * 30}", str(2**53)], "") is None


def test_a_hint_says_which_way_cells_of_several_labels_went(tmp_path: Path) -> None:
    frame = pd.DataFrame({"few": ["x"] * 8 + ["x|y", "z"], "names": ["Smith; John", "Doe; Ann"] * 5}, dtype=object)
    result = find_tasks(frame, read_rules(None), "the table")
    assert [task.name for task in result.tasks] == ["few=x", "few=y", "few=z", "names"]
    few, names = result.notes
    assert "1 of 10 cells hold '|', as in 'x|y'" in few
    assert "10 of 10 cells hold ';', as in 'Smith; John'" in names
    for note, tasks in ((few, ["few", "names"]), (names, ["names=Ann", "names=Doe", "names=John", "names=Smith"])):
        advice = re.search(r"say '(.*)' below", note)
        assert advice is not None
        told = rules(tmp_path, f"tasks:\n  {advice[1]}\n")
        assert set(tasks) <= {task.name for task in find_tasks(frame, read_rules(told), "the table").tasks}


def test_advice_can_be_followed_whatever_a_column_is_called(tmp_path: Path) -> None:
    name = "50%: 'a' #1 [x]"
    frame = pd.DataFrame({name: ["x|y", "x", "y"] * 4}, dtype=object)
    (note,) = find_tasks(frame, read_rules(None), "the table").notes
    told = rules(tmp_path, "tasks:\n  " + note.split("say '")[1].split("' below")[0])
    assert [task.name for task in find_tasks(frame, read_rules(told), "the table").tasks] == [name]


def test_several_labels_in_a_cell_become_yes_and_no() -> None:
    frame = pd.DataFrame({"x": ["cat|dog", "dog", None]}, dtype=object)
    columns = find_tasks(frame, read_rules(None), "the table").columns
    assert columns["x=cat"].tolist()[:2] == ["yes", "no"]
    assert columns["x=cat"].isna().tolist() == [False, False, True]


def test_new_images_are_read_by_the_known_labels() -> None:
    tasks = [Categorical(f"x={label}", ("no", "yes")) for label in "abcd"]
    frame = pd.DataFrame({"x": ["a;b", "c;d"]}, dtype=object)  # too few to tell a separator from a text
    columns = columns_for(frame, tasks, read_rules(None), "the table")
    assert columns["x=b"].tolist() == ["yes", "no"]
    assert columns["x=c"].tolist() == ["no", "yes"]
    with pytest.raises(InputError, match="unknown label 'd'"):
        columns_for(frame, tasks[:3], read_rules(None), "the table")


def test_a_file_of_rules_renames_drops_bins_orders_and_ignores(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "age": ["3", "18", "40", "70", "17.9", None],
            "mood": ["low", "high", "n/a", "low", "high", "low"],
            "tags": ["a,b", "b", "a", "b", None, "a,b"],
            "notes": ["p", "q", "p", "q", "p", "q"],
            "other": ["u", "v", "u", "v", "u", "v"],
        },
        dtype=object,
    )
    text = """
tasks:
  group: {column: age, bins: [18, 65]}
  years: {column: age, kind: regression}
  mood: {classes: [low, high], ignore: [n/a]}
  tags: {separator: ","}
  notes: drop
"""
    given = rules(tmp_path, text)
    result = find_tasks(frame, read_rules(given), "the table")
    tasks = {task.name: task for task in result.tasks}
    assert tasks == {
        "group": Categorical("group", ("under 18", "18 to 65", "65 and over")),
        "years": Regression("years", low=3.0, high=70.0),
        "mood": Categorical("mood", ("low", "high")),
        "tags=a": Categorical("tags=a", ("no", "yes")),
        "tags=b": Categorical("tags=b", ("no", "yes")),
        "other": Categorical("other", ("u", "v")),
    }
    assert result.columns["group"].tolist()[:5] == ["under 18", "18 to 65", "18 to 65", "65 and over", "under 18"]
    assert pd.isna(result.columns["mood"][2])
    again = columns_for(frame, result.tasks, read_rules(given), "the table")
    pd.testing.assert_frame_equal(again, result.columns)


@pytest.mark.parametrize(
    ("task", "text", "why"),
    [
        (Categorical("x", ("a", "b")), "classes: [b, a]", "'classes' of task 'x' is .'b', 'a'., but .'a', 'b'."),
        (Categorical("x", ("a", "b")), "kind: regression", "'kind' of task 'x' is regression, but categorical"),
        (Depth("x", scale=0.001), "{kind: depth, scale: 0.0005}", "'scale' of task 'x' is 0.0005, but 0.001"),
        (Depth("x", scale=0.001), "{kind: depth, scale: 0.001, high: 20}", "'high' of task 'x' is 20.0, but 10.0"),
        (Depth("x", scale=0.001), "{kind: depth}", "'scale' of task 'x' is 1.0, but 0.001"),
        (Segmentation("x", ("a", "b"), (1, 2)), "{kind: segmentation, classes: [a, b], codes: [2, 1]}", "'codes' of"),
        (
            Segmentation("x", ("a", "b"), (), (7, 9)),
            "{kind: segmentation, classes: [a, b], ignore: [7]}",
            "'ignore' of",
        ),
        (Segmentation("x", ("a", "b"), (), (7,)), "{kind: segmentation, classes: [a, b]}", "'ignore' of"),
    ],
)
def test_a_tasks_file_that_says_another_thing_than_the_fitted_one_is_refused(
    task: Task, text: str, why: str, tmp_path: Path
) -> None:
    frame = pd.DataFrame({"x": ["a", "b"] * 2}, dtype=object)
    own = read_rules(rules(tmp_path, f"tasks: {{x: {text if text[0] == '{' else '{' + text + '}'}}}"))
    with pytest.raises(InputError, match=why):
        columns_for(frame, (task,), own, "the table")
    columns_for(frame, (task,), read_rules(["x"]), "the table")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tasks: [a]", "one task per line"),
        ("{", "cannot be used .line 2"),
        ("tasks: {x: {colour: red}}", "unknown key 'colour'"),
        ("tasks: {x: {clases: [a, b]}}", "unknown key 'clases': did you mean 'classes'"),
        ("tasks: {x: dropp}", "says 'dropp', which is neither drop nor a rule"),
        ("tasks: {x: {classes: [a, '']}}", "task 'x': 'classes' should be a list of texts, none of them empty"),
        ("tasks: {x: {kind: segmentation, classes: [a], codes: [[1, 2]]}}", "should be a list of numbers or colours"),
        ("tasks: {x: {kind: segmentation, classes: [a], codes: [[1, 2, 256]]}}", "of numbers or colours"),
        ("tasks: {x: {kind: depth, scale: 0}}", "task 'x': 'scale' should be a number above 0, not '0'"),
        ("tasks: {x: {kind: depth, high: inf}}", "should be a number above 0, not 'inf'"),
        ("tasks: {x: {size: two}}", "whole number above 0, not 'two'"),
        ("tasks: {x: {kind: [a]}}", "should be one of categorical"),
        ("tasks: {x: {}, x: {}}", "the key 'x' appears twice"),
        ("task: {x: {}}", "unknown key 'task': did you mean 'tasks'"),
        ("others: yes", "holds no mapping 'tasks': .* one task per line"),
        ("1: {x: {}}", "unknown key '1': choose from tasks, others"),
        ("tasks: {x: {}}\nothers: [yes]", "true or false"),
        ("tasks: {x: {kind: dense}}", "kind 'dense'"),
        ("tasks: {x: {kind: categoric}}", "did you mean 'categorical'"),
        ("tasks: {x: {bins: [3, 1]}}", "rising numbers"),
        ("tasks: {x: {bins: [.nan]}}", "rising numbers"),
        ("tasks: {x: {classes: low}}", "should be a list"),
        ("tasks: {x: {separator: ''}}", "should be a text"),
        ("tasks: {x: {column: y}}", "'y' is not a column"),
        ("tasks: {y: drop}", "'y' is to be dropped"),
        ("tasks: {split: {column: x}}", "cannot be named 'split'"),
        (
            "tasks: {x: {bins: [1]}}",
            "'low', 'high', which are not numbers, and bins need numbers",
        ),
        ("tasks: {x: {kind: regression}}", "holds 'high', 'low', which are not numbers: write plain numbers"),
        ("tasks: {x: {kind: regression, size: 2}}", "is not 2 numbers"),
        ("tasks: {x: {kind: regression, size: 0}}", "whole number above 0"),
        ("tasks: {x: {size: 2}}", "goes with 'kind: regression'"),
        (
            "tasks: {x: {kind: regression, classes: [low, high]}}",
            "task 'x': 'classes' goes with 'kind: categorical' or 'kind: segmentation'",
        ),
        ("tasks: {x: {}}\nothers: some", "true or false"),
        ("tasks: {'': {column: x}}", "cannot be a task's name"),
    ],
)
def test_rules_that_cannot_be_followed_are_named(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=why):
        found({"x": ["low", "high"] * 4}, rules(tmp_path, text))


def test_all_mistakes_of_a_tasks_file_are_named_at_once(tmp_path: Path) -> None:
    text = "tasks: {x: {kind: depht, size: 0}, y: {colour: red}, '': drop}\nothers: perhaps\notehrs: no"
    with pytest.raises(FaultsError) as raised:
        read_rules(rules(tmp_path, text))
    faults = raised.value.faults
    reasons = ["did you mean 'others'", "'others' should", "'size' should", "did you mean 'depth'", "'colour'"]
    for fault, why in zip(faults, [*reasons, "task's name"], strict=True):
        assert why in fault


def test_a_tasks_file_that_says_the_same_in_other_words_is_taken(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": ["a", "b"] * 2}, dtype=object)
    text = "tasks: {x: {kind: segmentation, classes: [a, b], codes: [0, 1], ignore: [9, 7]}}"
    columns_for(frame, (Segmentation("x", ("a", "b"), (), (7, 9)),), read_rules(rules(tmp_path, text)), "the table")


def test_bins_keep_every_digit_of_their_bounds(tmp_path: Path) -> None:
    given = rules(tmp_path, "tasks: {x: {bins: [1234570, 1234571.5]}}")
    task = found({"x": [f"{1234569 + i}" for i in range(4)]}, given)["x"]
    assert task == Categorical("x", ("under 1234570", "1234570 to 1234571.5", "1234571.5 and over"))


def test_a_cell_may_hold_several_numbers(tmp_path: Path) -> None:
    given = rules(tmp_path, "tasks: {corners: {column: x, kind: regression, size: 3}}")
    cells = ["1.5 2 3", None, "-4 NaN 0"]
    assert found({"x": cells}, given) == {"corners": Regression("corners", (-4.0, 2.0, 0.0), (1.5, 3.0, 3.0), size=3)}


def test_few_numbers_that_are_too_many_for_classes_are_a_quantity() -> None:
    cells: list[str | None] = [f"{0.5 + i}" for i in range(8)]
    assert found({"x": cells}) == {"x": Regression("x", 0.5, 7.5)}
    assert isinstance(found({"x": cells[:4] * 4})["x"], Categorical)


def test_two_tasks_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="two tasks would be named 'x=a'"):
        found({"x": ["a|b", "b", "a"] * 2, "x=a": ["no", "yes", "no"] * 2})


def test_names_on_the_command_line_are_the_only_tasks() -> None:
    cells: dict[str, list[str | None]] = {"x": ["a", "b"] * 3, "y": ["c", "d"] * 3}
    assert list(found(cells, ["y"])) == ["y"]
    with pytest.raises(InputError, match="'z' is not a column"):
        found(cells, ["z"])


def test_a_rule_with_the_name_of_another_column_is_refused(tmp_path: Path) -> None:
    columns: dict[str, list[str | None]] = {"x": ["a", "b"] * 4, "y": ["c", "d"] * 4}
    with pytest.raises(InputError, match="two tasks would be named 'y'"):
        found(columns, rules(tmp_path, "tasks: {y: {column: x}}"))
    assert list(found(columns, rules(tmp_path, "{tasks: {y: {column: x}}, others: false}"))) == ["y"]


def test_cells_of_several_labels_are_split_once_however_many_labels_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    split: list[str] = []

    def counted(cell: str, separator: str) -> list[str]:
        split.append(cell)
        return split_cell(cell, separator)

    monkeypatch.setattr("mtlue.data.columns.several.split_cell", counted)
    cells = [f"t{i % 7}|t{i % 11}" for i in range(77)]
    column = pd.Series([*cells, None, *cells], dtype=object)
    several = SeveralLabels(column, "|")
    answers = {label: several.yes_or_no(label).tolist() for label in several.labels}
    assert len(split) == len(set(cells))
    for label, its in answers.items():
        assert its == [None if cell is None else "yes" if label in cell.split("|") else "no" for cell in column]


def notes_on(name: str, cells: list[str]) -> list[str]:
    frame = pd.DataFrame({name: cells, "kind": ["a", "b"] * (len(cells) // 2)}, dtype=object)
    return [note for note in find_tasks(frame, read_rules(None), "the table").notes if f"'{name}'" in note]


def test_one_rule_ignores_all_texts_among_numbers(tmp_path: Path) -> None:
    cells = cycle(">100", "<5", "~7", "n/a", *range(5, 100))
    (note,) = notes_on("age", cells)
    assert "column 'age' holds '>100', '<5', '~7', 'n/a' among its numbers, read as classes" in note
    told = rules(tmp_path, "tasks:\n  " + note.split("say '")[1].split("' below")[0])
    assert isinstance(found({"age": cells}, told)["age"], Regression)
    told = rules(tmp_path, "tasks: {age: {kind: regression, ignore: ['<5']}}")
    with pytest.raises(InputError, match="holds '>100', 'n/a', '~7', which are not numbers") as refused:
        found({"age": cells}, told)
    assert """'ignore: [">100", "n/a", "~7"]'""" in str(refused.value)
    assert "leave it out" not in str(refused.value)


def test_many_texts_among_numbers_are_not_advised_to_be_ignored() -> None:
    (note,) = notes_on("age", cycle(*(f">{n}" for n in range(11)), *range(5, 100)))
    assert "and 1 more among its numbers" in note
    assert "write plain numbers" in note
    assert "ignore" not in note


def test_codes_that_are_too_many_for_classes_have_one_note() -> None:
    (note,) = notes_on("age2", [f"{n:05d}" for n in range(ROWS)])
    assert "holds numbers that are written like codes ('00000') and has 1000 different values" in note
    assert ": it is not protected; if they are a quantity, say 'age2: {kind: regression}'" in note
    assert "so they are classes" not in note


MEASURED = [
    "{n} %",
    "{n}%",
    "{n}h",
    "{n}.5 kg",
    "{n},5 €",
    "€ 1.{n:03d},50",
    "${n}.00",
    "USD {n}",
    "EUR{n}",
    "ca. {n}",
    "~{n}",
    "< {n}",
    "−{n}",
    "{n}/100",
    "1,{n:02d}E+03",
    "1,{n:03d}.50",
    "1 {n:03d}",
    "1'{n:03d}",
    "{n} km/h",
    "{n} m2",
    "{n} years",
    "{n} °C",
    "2024-01-{n:02d}",
    "{n}.1.2024",
    "01/{n}/24",
    "2024-01-{n:02d}T10:00:00Z",
    "10:{n:02d}",
    "1:{n:02d}:30",
    "10:{n:02d} pm",
    "2024-01-{n:02d} 10:00:00.000+01:00",
]
"""How quantities are written that a program does not read as numbers."""


@pytest.mark.parametrize("form", MEASURED)
def test_numbers_with_units_or_signs_are_pointed_out(form: str) -> None:
    texts = [form.format(n=n) for n in range(10, 30)]
    assert notes_on("x", cycle(*texts)) == [
        f"column 'x' holds texts such as '{texts[0]}', read as classes: if they are a quantity, write plain numbers"
    ]


def test_numbers_with_units_that_are_too_many_for_classes_are_pointed_out() -> None:
    (note,) = notes_on("x", [f"{n} %" for n in range(ROWS)])
    assert note.startswith("column 'x' holds texts such as '0 %' and has 1000 different values")
    assert note.endswith(": it is not protected; if they are a quantity, write plain numbers")


@pytest.mark.parametrize("form", ["class {n}", "class{n}", "n{n:08d}", "img_{n}", "A-{n}", "A{n}", "{n}_b", "ward {n}"])
def test_names_with_numbers_in_them_are_not_pointed_out(form: str) -> None:
    assert notes_on("x", cycle("x", *(form.format(n=n) for n in range(20)))) == []


def test_few_numbers_with_units_are_classes_without_a_note() -> None:
    assert notes_on("x", cycle(*(f"{n} %" for n in range(12)))) == []
