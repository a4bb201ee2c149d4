"""What a user can write in a tasks file: YAML that reads back."""

import re

import pytest
import yaml

from mtlue.tables.advice import advice, note_on_numbers


@pytest.mark.parametrize("name", ["age", "hair colour", "a: b", "x'y", '"', "1", "größe", "{", "# n"])
def test_advice_is_yaml_whatever_a_column_is_called(name: str) -> None:
    said = re.fullmatch(r"say '(.*)' below 'tasks:' in a tasks file .*", advice(name, "kind: categorical"))
    assert said is not None
    assert yaml.safe_load(said[1]) == {name: {"kind": "categorical"}}


def test_one_note_for_all_columns_that_went_one_way() -> None:
    assert note_on_numbers([], quantity=True) == []
    (note,) = note_on_numbers([(f"c{i}", 20) for i in range(12)], quantity=False)
    assert "'c9' (20 different) and 2 more" in note
    assert "'c0: {kind: regression}'" in note.replace("say ", "")
