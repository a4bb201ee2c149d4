"""What a tasks file says of columns, and what it cannot say."""

from pathlib import Path

import pandas as pd
import pytest
from columns_of_cells import found, rules

from mtlue import Categorical, InputError, Regression
from mtlue.data.columns.discovery import find_tasks
from mtlue.data.columns.known import columns_for
from mtlue.data.columns.rules_file import read_rules
from mtlue.faults import FaultsError


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


def test_bins_keep_every_digit_of_their_bounds(tmp_path: Path) -> None:
    given = rules(tmp_path, "tasks: {x: {bins: [1234570, 1234571.5]}}")
    task = found({"x": [f"{1234569 + i}" for i in range(4)]}, given)["x"]
    assert task == Categorical("x", ("under 1234570", "1234570 to 1234571.5", "1234571.5 and over"))


def test_a_cell_may_hold_several_numbers(tmp_path: Path) -> None:
    given = rules(tmp_path, "tasks: {corners: {column: x, kind: regression, size: 3}}")
    cells = ["1.5 2 3", None, "-4 NaN 0"]
    assert found({"x": cells}, given) == {"corners": Regression("corners", (-4.0, 2.0, 0.0), (1.5, 3.0, 3.0), size=3)}


def test_a_rule_with_the_name_of_another_column_is_refused(tmp_path: Path) -> None:
    columns: dict[str, list[str | None]] = {"x": ["a", "b"] * 4, "y": ["c", "d"] * 4}
    with pytest.raises(InputError, match="two tasks would be named 'y'"):
        found(columns, rules(tmp_path, "tasks: {y: {column: x}}"))
    assert list(found(columns, rules(tmp_path, "{tasks: {y: {column: x}}, others: false}"))) == ["y"]
