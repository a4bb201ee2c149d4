"""Shares of a dataset chosen by the hash of each image's id: adding an image moves no other. Imports nothing heavy."""

import hashlib
from collections.abc import Sequence


def subset_by_hash(ids: Sequence[str], count: int, key: str = "") -> list[int]:
    """Positions of ``count`` ids chosen by the hash of the id, in the order given; independent of that order.

    With a ``key``, only those who have it can tell which ids are chosen.
    """
    order = sorted(range(len(ids)), key=lambda i: (hash_fraction(ids[i], "subset", key), ids[i]))
    return sorted(order[:count])


def hash_fraction(identifier: str, salt: str, key: str = "") -> float:
    """A number in 0..1 that depends on the arguments alone."""
    keyed = f"{salt}\x1f{key}" if key else salt
    digest = hashlib.sha256(f"{keyed}\x1f{identifier}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
