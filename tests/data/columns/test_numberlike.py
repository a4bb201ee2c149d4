"""Texts that may be meant as numbers."""

import pytest

from mtlue.data.columns.numberlike import quoted_list, suspicion, to_ignore
from mtlue.tables.column_cells import ColumnCells


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([f"{i}" for i in range(20)] + [">100"], "'>100' among its numbers"),
        ([f"0{i}" for i in range(20)], "written like codes"),
        ([f"{i} cm" for i in range(20)], "texts such as '0 cm'"),
        ([f"2020-01-{i:02}" for i in range(1, 20)], "texts such as '2020-01-01'"),
        (["red", "blue"], None),
        ([f"class {i}" for i in range(20)], None),
    ],
)
def test_what_speaks_for_a_quantity(texts: list[str], words: str | None) -> None:
    found = suspicion("x", ColumnCells(dict.fromkeys(texts, 1)))
    assert found is None if words is None else found is not None and words in found.holds


def test_texts_are_listed_and_ignored_as_yaml() -> None:
    assert quoted_list([str(i) for i in range(12)]).endswith("'9' and 2 more")
    assert to_ignore(['"', "a"]) == 'ignore: ["\\"", "a"]'
