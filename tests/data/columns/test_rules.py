"""Rules by task name."""

import pandas as pd
import pytest

from mtlue import InputError
from mtlue.data.columns.rules import ColumnRule, TaskRules, binary_name
from mtlue.faults import FaultsError


def test_columns_without_a_rule_are_tasks_unless_they_are_dropped_or_reserved() -> None:
    rules = TaskRules({"mood": ColumnRule("face")}, dropped=frozenset({"notes"}))
    assert list(rules.of_columns(["face", "notes", "id", "tone"], "t")) == ["mood", "tone"]
    assert list(TaskRules(rules.rules, others=False).of_columns(["face", "tone"], "t")) == ["mood"]
    assert list(rules.without({"mood"}).rules) == []


def test_all_that_is_wrong_with_the_names_is_said() -> None:
    rules = TaskRules(
        {"id": ColumnRule("tone"), "a": ColumnRule("nowhere"), "b": ColumnRule("gone"), "tone": ColumnRule("face")},
        dropped=frozenset({"lost"}),
    )
    with pytest.raises(FaultsError) as raised:
        rules.of_columns(["tone", "face"], "the table")
    reserved, absent, dropped = raised.value.faults
    assert "cannot be named 'id'" in reserved
    assert "'nowhere', 'gone' are not columns" in absent
    assert "'lost' is to be dropped" in dropped


def test_ignored_cells_are_missing_and_numbers_fall_into_bins() -> None:
    rule = ColumnRule("age", bins=(18.0, 65.0), ignore=("?",))
    column = pd.Series(["17.9", "18", "?", None, "65"], dtype=object)
    binned = rule.applied(column)
    assert binned.dropna().to_dict() == {0: "under 18", 1: "18 to 65", 4: "65 and over"}
    with pytest.raises(InputError, match="'old', which is not a number, and bins need numbers"):
        rule.applied(pd.Series(["old"], dtype=object))


def test_a_binary_task_knows_its_label() -> None:
    assert binary_name("tags=oak", ["tags"]) == ("tags", "oak")
    assert binary_name("tags", ["tags"]) == ("tags", None)
