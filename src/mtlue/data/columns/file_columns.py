"""Columns that name files. Imports no torch."""

from itertools import islice
from pathlib import Path

import pandas as pd

from mtlue.data.files.folders import locate
from mtlue.imaging.formats import ARRAY_SUFFIX, SUFFIXES

_SEARCHED = 20


def is_file_column(cells: "pd.Series[str]", root: Path) -> bool:
    """Whether a column names image or array files below ``root``, as columns of masks do."""
    sample = [str(cell) for cell in islice(cells.dropna(), _SEARCHED)]
    named = all(Path(cell.strip()).suffix.lower() in (*SUFFIXES, ARRAY_SUFFIX) for cell in sample)
    return bool(sample) and named and any(locate(root, cell)[0] for cell in sample)
