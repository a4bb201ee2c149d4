"""Regular expressions that a user gives: what they match, and what they may not ask for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Outcome, save_image
from mtlue import InputError
from mtlue.tables.patterns import Pattern

Run = Callable[..., Outcome]


def pattern(text: str) -> Pattern:
    return Pattern(text, "pattern", "an example")


@pytest.mark.parametrize(
    ("text", "name", "groups"),
    [
        (r"(?P<kind>[a-z]+)_(?P<year>\d{4})_.*", "oak_2020_x", {"kind": "oak", "year": "2020"}),
        (r"(?P<kind>\w+)-\d+", "\u00c4pfel-1", {"kind": "\u00c4pfel"}),
        (r"(?P<kind>[\w-]+)#\d+", "a-\u00e9#1", {"kind": "a-\u00e9"}),
        (r"(?P<a>[[:alpha:]\w]+)\.png", "\u00e4bc.png", {"a": "\u00e4bc"}),
        (r"(?P<a>[^[:^alpha:]\w]+)\.png", "abc.png", None),
        (r"(?P<a>[]\w]+)-(?P<b>[^]\w]+)", "]\u00e4-#", {"a": "]\u00e4", "b": "#"}),
        (r"(?P<a>[:alpha:]+)(?P<b>\w)", "alpha:\u00e4", {"a": "alpha:", "b": "\u00e4"}),
        (r"(?P<a>\Q[\E\w)", "[\u00e4", {"a": "[\u00e4"}),
        (r"(?P<a>[\]\w]+)", "]\u00e4", {"a": "]\u00e4"}),
        (r"(?P<kind>\\w+)", "\\\\www", None),
        (r"(?P<a>x)(?P<b>y)?", "x", {"a": "x", "b": None}),
        (r"(?i)(?P<a>oak)", "OAK", {"a": "OAK"}),
        (r"(?P<a>x)", "xx", None),
    ],
)
def test_what_matches(text: str, name: str, groups: dict[str, str | None] | None) -> None:
    assert pattern(text).groups(name) == groups


def test_nothing_backtracks() -> None:
    assert pattern("(?P<a>(x+x+)+)y").groups("x" * 50_000) is None
    assert pattern("(?P<a>(a|a?)+)b").groups("a" * 50_000) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(?P<a>x)(?=y)", "lookahead"),
        ("(?<!z)(?P<a>x)", "lookbehind"),
        (r"(?P<a>x)\1", "backreference"),
        ("(?P<a>x)(?P=a)", "backreference"),
        ("(?P<a>x", "missing"),
        ("(x)", "no named group"),
        ("(?P<a>x)_(?P<a>y)", "names the group 'a' twice"),
        ("(?P<a>((x{1000}){1000}){1000})", "repetition|too large"),
        ("(?P<a>\udcff)", "is not a regular expression"),
    ],
)
def test_what_cannot_be_matched_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        pattern(text)


def test_labels_from_names(mtlue: Run, tmp_path: Path) -> None:
    for seed, name in enumerate(("02100_a", "02200_b", "\u00e4_a", "3E1_b")):
        save_image(tmp_path / f"{name}.png", (16, 16), seed=seed)
    place = ("inspect", "--dataset", "filenames", "--data", tmp_path)
    done = mtlue(*place, "--pattern", r"(?P<code>\w+)_(?P<kind>[ab])")
    assert done.status == 0, done.err
    assert "02100" in mtlue(*place, "--pattern", r"(?P<code>\w+?)_(?P<kind>[ab])", "--tasks", "code").out
    unwritable = os.fsencode(tmp_path) + b"/\xff_a.png"
    os.link(tmp_path / "02100_a.png", unwritable)
    assert "its name is not UTF-8: rename it" in mtlue(*place, "--pattern", r"(?P<code>.*)_(?P<kind>[ab])").err
    refused = mtlue(*place, "--pattern", r"(?P<code>(?=0).*)_.")
    assert refused.status == 2
    assert "write it without" in refused.err
