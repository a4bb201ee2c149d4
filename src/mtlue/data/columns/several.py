"""A column whose cells hold several labels each, as a yes/no column for each label."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mtlue.data.columns.rules import BINARY
from mtlue.tables.column_cells import split_cell


class SeveralLabels:
    """The labels of a column, each different cell split once: what it costs does not grow with cells times labels."""

    def __init__(self, column: "pd.Series[str]", separator: str) -> None:
        self._index = column.index
        self._places, cells = pd.factorize(column)
        self._cells = len(cells)
        self._holders: dict[str, list[int]] = defaultdict(list)
        for place, cell in enumerate(cells):
            for label in split_cell(str(cell), separator):
                self._holders[label].append(place)

    @property
    def labels(self) -> Sequence[str]:
        """All labels, sorted."""
        return sorted(self._holders)

    def yes_or_no(self, label: str) -> "pd.Series[str]":
        """Whether each cell holds ``label``; missing where the cell is."""
        no, yes = BINARY
        answers = np.full(self._cells + 1, no, dtype=object)
        answers[self._holders.get(label, [])] = yes
        answers[-1] = None  # the place of a missing cell is -1
        return pd.Series(answers[self._places], self._index, dtype=object)
