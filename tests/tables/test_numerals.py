"""Numbers as people write them."""

import pytest

from mtlue.tables.numerals import read_numerals


@pytest.mark.parametrize(
    ("cells", "separator", "plain"),
    [
        (["0,5", "1,25", "10,0"], ";", {"0,5": "0.5", "1,25": "1.25", "10,0": "10.0"}),
        (["1.234,5", "7"], ";", {"1.234,5": "1234.5", "7": "7"}),
        (["1,234,567", "8"], ",", {"1,234,567": "1234567", "8": "8"}),
        (["1'000", "20"], ",", {"1'000": "1000", "20": "20"}),
        (["1,2", "2,1"], ",", {}),
        (["1.5", "2"], ";", {}),
    ],
)
def test_only_one_reading_counts(cells: list[str], separator: str, plain: dict[str, str]) -> None:
    assert dict(read_numerals("x", cells, separator).plain) == plain


def test_words_among_numbers_are_pointed_out_unless_the_user_says_what_they_are() -> None:
    cells = ["0,5", "1,25", "10,05", "none"]
    assert "kind: regression" in (read_numerals("x", cells, ";").doubt or "")
    assert read_numerals("x", cells, ";", quantity=True).plain["10,05"] == "10.05"
