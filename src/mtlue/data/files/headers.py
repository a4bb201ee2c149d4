"""The headers of a listing's files, each read once and kept as a row of numbers."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtlue.arrays.entries import Content, Files, RowType, file_states
from mtlue.arrays.mapped_array import chunks
from mtlue.arrays.store import store_for
from mtlue.data.files.images import Header, read_header
from mtlue.data.listing import Listing, Skipped
from mtlue.imaging.levels import Extent
from mtlue.progress import Progress

_ROW = RowType((11,), "float64")
_AT_ONCE = 1024
"""Rows that are in memory as Python's numbers: of all at once, little would go back to the system."""
_NO_RANGE = (math.nan, math.nan)


def read_headers(
    listing: Listing, cache: Path | None, progress: Progress
) -> tuple[Listing, list[Header], list[Skipped]]:
    """The listing without the files whose header cannot be read, the headers of the others, and why."""
    root = listing.root
    assert root is not None

    def read(position: int) -> Content:
        return Content(_to_row(read_header(root / listing.files[position])))

    def states(positions: Sequence[int]) -> pd.DataFrame:
        return file_states(root, [listing.files[position] for position in positions])

    files = Files(len(listing), states, read)  # a header is read faster than all of a file is hashed
    results = store_for(root, cache, "headers", _ROW).read_all(files, progress, "reading headers")
    headers = [
        _from_row(row) for _, rows in chunks(results.array) for few in rows.split(_AT_ONCE) for row in few.tolist()
    ]
    named = zip(listing.files, results.entries, strict=True)
    skipped = [Skipped(file, entry.reason) for file, entry in named if entry.row < 0]
    return listing.take(results.kept) if skipped else listing, headers, skipped


def _to_row(header: Header) -> NDArray[np.float64]:
    extent = header.extent or Extent(*_NO_RANGE, True)
    ranges = [*(extent.core or _NO_RANGE), *(extent.bulk or _NO_RANGE)]
    return np.array(
        [*header.size, header.grey, header.orientation, extent.low, extent.high, extent.whole, *ranges], _ROW.kind
    )


def _from_row(row: Sequence[float]) -> Header:
    height, width, grey, orientation, low, high, whole, *ranges = row
    core, bulk = (None if math.isnan(pair[0]) else pair for pair in ((ranges[0], ranges[1]), (ranges[2], ranges[3])))
    extent = None if math.isnan(low) else Extent(low, high, bool(whole), core, bulk)
    return Header((int(height), int(width)), bool(grey), int(orientation), extent)
