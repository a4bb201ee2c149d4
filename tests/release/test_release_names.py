"""Names of released files: every system can hold them and tell them apart, whatever the sources are called."""

import unicodedata
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from mtlue.release.layout import IMAGES
from mtlue.release.names import alike_names, name_fault, portable, quoted_text, release_names, shown_name

PART = st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=100).filter(
    lambda part: part not in (".", "..")
)
AWKWARD = st.sampled_from(
    ["CON", "con.png", "NUL .txt", "a:b", "x.", "x ", "é", "e\u0301", "É", "ß", "SS", "x" * 250, "y" * 255, "a\\b", "?"]
)
FILES = st.lists(st.builds("/".join, st.lists(PART | AWKWARD, min_size=1, max_size=3)), unique=True, max_size=12)


@given(FILES, st.sampled_from([".png", ".webp", ".jpg"]))
def test_any_names_become_different_names_that_every_system_holds(files: list[str], suffix: str) -> None:
    names = release_names(files, suffix)
    assert alike_names(names) == []
    assert names == release_names(files, suffix)
    for name in names:
        assert portable(name) == name
        assert name_fault(name, IMAGES) is None
        assert name.endswith(suffix)
        assert all(0 < len(part.encode()) <= 255 for part in PurePosixPath(name).parts)


def test_what_cannot_be_held_is_written_with_underscores() -> None:
    names = ["a:b.jpg", "CON.jpg", "com7.x.jpg", "what?*<>|.jpg", "end./x.jpg", "plain.jpg"]
    assert [name.removeprefix("images/") for name in release_names(names, ".png")] == [
        "a_b.png",
        "CON_.png",
        "com7_.x.png",
        "what_____.png",
        "end_/x.png",
        "plain.png",
    ]


def test_accents_and_capitals_do_not_meet() -> None:
    names = release_names(["caf\u00e9.jpg", "cafe\u0301.jpg", "CAFÉ.jpg"], ".png")
    assert len({unicodedata.normalize("NFC", name).casefold() for name in names}) == 3


def test_names_in_messages_are_plain_or_quoted() -> None:
    assert shown_name("images/a b/größe.png") == "images/a b/größe.png"
    assert shown_name("a\nb") == "'a\\nb'"
    assert shown_name("a\u202eb") == "'a\\u202eb'"
    assert shown_name("x: whole; unchanged") == "'x: whole; unchanged'"
    assert len(shown_name("x" * 5000)) < 300
    assert quoted_text("even/picture 4.png") == "'even/picture 4.png'"
