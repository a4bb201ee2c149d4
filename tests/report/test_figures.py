"""Texts of figures are shown as they are: no formulas, no control characters."""

import pytest
from matplotlib.figure import Figure

from mtlue.report.pictures.figures import curves, png

NAMES = ("$\\frac{", "$x^2$", r"\$5", "a_b \x1b[1m\x07", "漢字 😀", "\ud800", "[/b] :smile:")


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_takes_any_name(name: str) -> None:
    """Warnings are errors in tests: a sign that the font lacks gives none."""
    assert curves({name: {name: [1.0, 2.0], "other": [2.0, 1.0]}}).startswith("<svg ")


def test_its_texts_are_no_formulas() -> None:
    figure = Figure()
    title = figure.suptitle("$x^2$ \x1b[1m\nsecond line")
    axis = figure.subplots()
    axis.set_title("$\\frac{")
    assert png(figure).startswith(b"\x89PNG")
    assert title.get_text() == "$x^2$ \\x1b[1m\nsecond line"
    assert not title.get_parse_math()
    assert not axis.title.get_parse_math()
