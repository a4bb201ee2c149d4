"""Texts of figures and pages are shown as they are: no formulas, no tags, no control characters."""

import pytest
from matplotlib.figure import Figure
from test_comparison import record, rendered

from mtlue.report.figures import curves, png
from mtlue.report.page import _shown
from mtlue.report.renderings import RENDERINGS

NAMES = ("$\\frac{", "$x^2$", r"\$5", "a_b \x1b[1m\x07", "漢字 😀", "\ud800", "[/b] :smile:")


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_takes_any_name(name: str) -> None:
    """Warnings are errors in tests: a sign that the font lacks gives none."""
    assert curves({name: {name: [1.0, 2.0], "other": [2.0, 1.0]}}).startswith("data:image/png")


def test_its_texts_are_no_formulas() -> None:
    figure = Figure()
    title = figure.suptitle("$x^2$ \x1b[1m\nsecond line")
    axis = figure.subplots()
    axis.set_title("$\\frac{")
    assert png(figure).startswith(b"\x89PNG")
    assert title.get_text() == "$x^2$ \\x1b[1m\nsecond line"
    assert not title.get_parse_math()
    assert not axis.title.get_parse_math()


def test_a_page_shows_text_in_one_line_and_keeps_numbers() -> None:
    assert _shown("a\x1b\n<b>") == r"a\x1b\n<b>"
    assert _shown(3) == 3


@pytest.mark.parametrize("form", [form for form in RENDERINGS if form != "csv"])
def test_a_table_as_text_acts_on_no_terminal(form: str) -> None:
    text = rendered([record("tap", label="t\x1b[2J\r"), record("em", scores={"le\nft\x07": 0.1})], form)
    assert r"x1b" in text
    assert not set(text) & {"\x1b", "\r", "\x07"}


def test_latex_takes_no_name_for_the_option_of_a_line_break() -> None:
    assert "\n{[}x] &" in rendered([record("tap", label="[x]"), record("em")], "latex")
