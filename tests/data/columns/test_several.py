"""Cells that hold several labels."""

import pandas as pd

from mtlue.data.columns.several import SeveralLabels


def test_each_label_is_a_column_of_yes_and_no() -> None:
    several = SeveralLabels(pd.Series(["a; b", "b", None, ";"], index=[4, 5, 6, 7], dtype=object), ";")
    assert several.labels == ["a", "b"]
    assert several.yes_or_no("a").to_dict() == {4: "yes", 5: "no", 6: None, 7: "no"}
    assert several.yes_or_no("c").tolist() == ["no", "no", None, "no"]
