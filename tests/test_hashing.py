"""Shares of a dataset by the hash of ids."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mtlue.hashing import hash_fraction, subset_by_hash

IDS = st.lists(st.text(min_size=1), min_size=1, max_size=30, unique=True)


@given(IDS, st.integers(0, 40), st.randoms())
def test_a_subset_depends_on_the_ids_alone(ids: list[str], count: int, random: Random) -> None:
    chosen = {ids[i] for i in subset_by_hash(ids, count)}
    shuffled = list(ids)
    random.shuffle(shuffled)
    assert {shuffled[i] for i in subset_by_hash(shuffled, count)} == chosen
    assert len(chosen) == min(count, len(ids))


@given(IDS, st.integers(1, 20))
def test_larger_subsets_hold_smaller_ones(ids: list[str], count: int) -> None:
    assert set(subset_by_hash(ids, count)) <= set(subset_by_hash(ids, count + 1))


@given(st.text(), st.text(min_size=1))
def test_a_key_changes_what_is_chosen(identifier: str, key: str) -> None:
    assert 0 <= hash_fraction(identifier, "split") < 1
    assert hash_fraction(identifier, "split") != hash_fraction(identifier, "split", key)
