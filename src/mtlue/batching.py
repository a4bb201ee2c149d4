"""How many at once: steps of a training, and rows that fit into a share of the memory. Imports nothing heavy."""

import math


def shuffled_steps(count: int, batch_size: int) -> int:
    """How many batches a shuffled epoch of ``count`` samples has: a single remaining sample joins the last batch."""
    return max(1, math.ceil(count / batch_size) - (count % batch_size == 1))


def rows_within(size: int, row: int, most: int | None = None) -> int:
    """How many rows of ``row`` bytes (or pixels) fit into ``size`` of them: at least one, at most ``most``."""
    rows = max(1, size // max(1, row))
    return rows if most is None else min(rows, most)
