"""Classes or a quantity: the rule, point by point."""

import pytest

from mtlue.data.columns.kinds import MOST_NUMBER_CLASSES, class_fault, judge_numbers
from mtlue.data.columns.naming import says_code, says_quantity
from mtlue.tables.column_cells import ColumnCells


def cells(count: int, each: int, step: float = 1) -> ColumnCells:
    return ColumnCells({f"{step * i:g}": each for i in range(count)})


@pytest.mark.parametrize(
    ("name", "held", "quantity"),
    [
        ("x", cells(MOST_NUMBER_CLASSES, 2), False),
        ("x", cells(MOST_NUMBER_CLASSES + 1, 9, 0.5), True),
        ("label", cells(20, 9), False),
        ("age", cells(20, 9), True),
        ("x", cells(20, 9), False),
        ("x", cells(20, 4), True),
        ("x", cells(3000, 1), True),
        ("zip", cells(3000, 1), False),
    ],
)
def test_the_rule(name: str, held: ColumnCells, quantity: bool) -> None:
    assert judge_numbers(name, held, asked=False).quantity == quantity


def test_too_few_and_too_many_are_no_classes() -> None:
    few, many = class_fault(ColumnCells({"a": 9})), class_fault(ColumnCells({f"w{i}": 1 for i in range(90)}))
    assert few is not None
    assert "only 1 class (a)" in few.reason
    assert many is not None
    assert "90 different values in 90 rows" in many.reason
    assert class_fault(ColumnCells({"a": 1, "b": 1})) is None


def test_words_of_a_name() -> None:
    assert says_code("personId")
    assert says_code("classLabel")
    assert not says_code("personal")
    assert says_quantity("number of rooms")
    assert not says_quantity("roomy")
