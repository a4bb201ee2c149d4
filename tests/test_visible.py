"""Text that is shown does nothing else."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from mtlue.visible import encodable, visible, visible_lines

ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
MARKS = set("\u061c\u200e\u200f")


def obeyed(character: str) -> bool:
    """By the Unicode database: a control, half a surrogate pair, a break of lines, or a turn of direction."""
    category = unicodedata.category(character)
    return category in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(character) in BIDI or character in MARKS


@given(ANY)
def test_nothing_that_is_shown_is_obeyed_and_all_else_stays(text: str) -> None:
    shown = visible(text)
    assert not any(map(obeyed, shown))
    assert shown == "".join(c.encode("unicode_escape").decode() if obeyed(c) else c for c in text)
    assert visible(shown) == shown
    shown.encode()


@given(ANY)
def test_lines_keep_their_breaks(text: str) -> None:
    assert visible_lines(text).split("\n") == [visible(line) for line in text.split("\n")]


@given(ANY)
def test_what_an_encoding_lacks_is_written_out(text: str) -> None:
    for encoding in ("ascii", "cp1252", "latin-1"):
        assert encodable(visible(text), encoding).encode(encoding) is not None


def test_every_character_that_is_obeyed_is_known() -> None:
    assert all(visible(chr(code)) != chr(code) for code in range(0x110000) if obeyed(chr(code)))
    assert visible("ü 漢字 \N{GRINNING FACE} a\\b") == "ü 漢字 \N{GRINNING FACE} a\\b"
