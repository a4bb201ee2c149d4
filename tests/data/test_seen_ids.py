"""Ids of many shards, against a set."""

from itertools import pairwise

import numpy as np
import pytest

from mtlue.data.shards import seen
from mtlue.data.shards.seen import SeenIds
from mtlue.errors import InputError


def test_shards_of_any_sizes_are_told_apart_as_a_set_tells_them() -> None:
    draws = np.random.default_rng(0)
    ids, known = SeenIds(), dict[str, str]()
    for number in range(60):
        shard = f"{number}.tar"
        names = [f"image {draws.integers(2**40)}" for _ in range(draws.integers(0, 40))]
        ids.add(names, shard)
        known |= dict.fromkeys(names, shard)
        if number % 7 == 0 and known:
            again = sorted(known)[draws.integers(len(known))]
            with pytest.raises(InputError, match=f"id '{again}' appears in {known[again]} and in new.tar"):
                ids.add(["new", again, "newer"], "new.tar")
    lengths = [len(run) for run in ids._runs]
    assert sum(lengths) == len(known)
    assert all(longer > 2 * shorter for longer, shorter in pairwise(lengths))


def test_ids_whose_first_halves_meet_are_different_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "_hash", lambda identifier: bytes(8) + identifier.encode().rjust(8))
    ids = SeenIds()
    ids.add(["a", "b"], "1")
    ids.add(["c", "d"], "2")
    with pytest.raises(InputError, match="id 'b' appears in 1 and in 3"):
        ids.add(["e", "b"], "3")
