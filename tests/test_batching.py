"""How many at once."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from conftest import random_dataset
from mtlue.batching import rows_within, shuffled_steps


@given(st.integers(2, 40), st.integers(2, 12))
def test_steps_of_an_epoch_are_its_batches(count: int, batch_size: int) -> None:
    data = random_dataset(count, size=(8, 8))
    batches = list(data.shuffled_batches(batch_size, torch.Generator()))
    assert len(batches) == shuffled_steps(count, batch_size)
    assert min(map(len, batches)) > 1
    assert sum(map(len, batches)) == count


@given(st.integers(0, 10**6), st.integers(0, 10**4), st.none() | st.integers(1, 50))
def test_rows_fit_and_there_is_always_one(size: int, row: int, most: int | None) -> None:
    rows = rows_within(size, row, most)
    assert 1 <= rows <= (most or rows)
    assert rows == 1 or rows * row <= size
