"""Numbers and lists as people write them: read so where they are meant."""

import pandas as pd

from mtlue import Categorical, Regression
from mtlue.data.columns.rules import ColumnRule, TaskRules
from mtlue.data.columns.written import columns_as_meant, tasks_as_meant, written_cells

PRICES = pd.DataFrame({"price": [f"{i},{5 + i % 4}0" for i in range(40)]}, dtype=object)


def test_quantities_are_read_plain_and_classes_as_written() -> None:
    discovery = tasks_as_meant(PRICES, TaskRules({}), "t", ";", None, ())
    assert isinstance(discovery.tasks[0], Regression)
    assert discovery.columns["price"][3] == "3.80"
    whole = tasks_as_meant(PRICES, TaskRules({"price": ColumnRule("price", kind="categorical")}), "t", ";", None, ())
    assert isinstance(whole.tasks[0], Categorical)
    assert whole.columns["price"][3] == "3,80"


def test_formats_that_know_numbers_are_left_alone() -> None:
    assert not written_cells(PRICES, TaskRules({}), None).changed
    columns = columns_as_meant(PRICES, [Regression("price", 0, 40)], TaskRules({}), "t", ";")
    assert columns["price"][3] == "3.80"
