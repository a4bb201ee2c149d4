"""What a user may say about a dataset."""

from pathlib import Path
from typing import Any

import pytest

from mtlue import InputError
from mtlue.data.options import DataOptions


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"limit_test": 0}, "limit_test 0: give 1 or more"),
        ({"value_range": (1.0, 1.0)}, "value_range 1 1: give the number of black"),
        ({"test_fraction": 1.0}, "test_fraction 1: give a share"),
        ({"tasks": ["a", "a"]}, "tasks a a: name at least one"),
        ({"size": 9, "crop": 10}, "larger than the images"),
    ],
)
def test_values_that_mean_nothing_are_refused(options: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        DataOptions("digits", **options).check()


def test_the_cache_is_an_option_a_variable_or_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    assert DataOptions("digits", no_cache=True).cache_folder() is None
    monkeypatch.setenv("MTLUE_CACHE", "/elsewhere")
    assert DataOptions("digits").cache_folder() == Path("/elsewhere")
    assert DataOptions("digits", cache=Path("/here")).cache_folder() == Path("/here")
    monkeypatch.delenv("MTLUE_CACHE")
    assert "mtlue" in str(DataOptions("digits").cache_folder())
