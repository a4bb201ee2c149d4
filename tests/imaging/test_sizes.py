"""Sizes that images can have."""

from typing import Any

import pytest

from mtlue import InputError
from mtlue.imaging.sizes import check_sizes, is_range, sides


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (((4, 40), None, None, None), "size 4 40 is too small"),
        ((None, (9, 9999), None, None), "crop 9 9999 is too large"),
        (((20, 20), (21, 20), None, None), "larger than the images"),
        ((None, None, 3, None), "center_crop 3"),
        ((None, None, None, 2), "channels 2: give 1"),
    ],
)
def test_sizes_that_cannot_be_are_refused(arguments: tuple[Any, ...], why: str) -> None:
    with pytest.raises(InputError, match=why):
        check_sizes(*arguments)


def test_what_can_be_passes() -> None:
    check_sizes((20, 30), (20, 8), 8192, 3)
    check_sizes(None, None, None, None)
    assert sides(3) == (3, 3)
    assert is_range((0, 1))
    assert not is_range((1, 1))
    assert not is_range((float("nan"), 1))
