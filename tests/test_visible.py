"""Text that is shown does nothing else."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtlue.visible import encodable, visible, visible_lines

JOINERS = "\u200c\u200d"
ANY = st.text(st.characters(codec=None, exclude_categories=(), exclude_characters=JOINERS), max_size=40)
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
MARKS = set("\u061c\u200e\u200f")
MARKS |= set("\u00ad\u115f\u1160\u180e\u200b\u3164\ufeff\uffa0\ufff9\ufffa\ufffb")
MARKS |= {chr(code) for code in (*range(0x2060, 0x2065), *range(0x206A, 0x2070), *range(0xE0000, 0xE0080))}


def obeyed(character: str) -> bool:
    """By Unicode: a control, half a surrogate pair, a break of lines, a turn of direction, nothing to see."""
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


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f469\u200d\U0001f469\u200d\U0001f466",  # a family
        "\U0001f3f3\ufe0f\u200d\U0001f308",  # a flag
        "\u2764\ufe0f\u200d\U0001f525",  # a heart on fire
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
        "\u0915\u094d\u200d\u0937",  # Hindi
    ],
)
def test_joiners_stay_where_they_join(text: str) -> None:
    assert visible(text) == visible_lines(text) == text


@pytest.mark.parametrize("text", ["ca{}t", "{}cat", "cat{}", "\u0915{}", "{}\u0915", "\u0915{0}{0}\u0915"])
@pytest.mark.parametrize("joiner", JOINERS)
def test_joiners_that_join_nothing_are_written_out(text: str, joiner: str) -> None:
    assert joiner not in visible(text.format(joiner))


@given(st.text(st.sampled_from(f"a\u0915\u3164\n\u200b\U0001f469{JOINERS}"), max_size=12))
def test_what_was_shown_is_shown_the_same(text: str) -> None:
    assert visible(visible(text)) == visible(text)
    assert visible_lines(text).split("\n") == [visible(line) for line in text.split("\n")]
