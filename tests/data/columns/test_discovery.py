"""Which tasks a table's columns become by themselves."""

import re
from pathlib import Path

import pandas as pd
import pytest
from columns_of_cells import NUMBERS, ROWS, bell, cycle, found, rules
from hypothesis import given, settings
from hypothesis import strategies as st

from mtlue import Categorical, InputError, Regression
from mtlue.data.columns.discovery import find_tasks
from mtlue.data.columns.rules_file import read_rules
from mtlue.errors import param
from mtlue.tables.column_cells import is_number
from mtlue.tables.likeness import note_on_alike

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


def test_advice_can_be_followed_whatever_a_column_is_called(tmp_path: Path) -> None:
    name = "50%: 'a' #1 [x]"
    frame = pd.DataFrame({name: ["x|y", "x", "y"] * 4}, dtype=object)
    (note,) = find_tasks(frame, read_rules(None), "the table").notes
    told = rules(tmp_path, "tasks:\n  " + note.split("say '")[1].split("' below")[0])
    assert [task.name for task in find_tasks(frame, read_rules(told), "the table").tasks] == [name]


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
