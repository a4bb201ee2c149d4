import csv
import io

import pytest
from rich.console import Console
from table_records import record, rendered, table

from mtlue.report.records.views import TableView
from mtlue.report.tables.renderings import FIELDS, RENDERINGS, Format
from mtlue.report.tables.renderings import table as drawn_table


def test_text_is_escaped() -> None:
    records = [record("tap", label="tap_{50%} & a|b"), record("em", scores={"left": 0.1}), record("em", 1)]
    latex = rendered(records, "latex")
    assert r"tap\_\{50\%\} \& a\textbar{}b" in latex
    assert r"\textbf{0.300 $\pm$ 0.283}" in latex
    assert all(rule in latex for rule in (r"\toprule", r"\midrule", r"\bottomrule"))
    assert r"| tap\_{50%} \& a\|b |" in rendered(records, "markdown")
    assert "tap_{50%} & a|b" in rendered(records, "terminal")


def names_in_csv(name: str) -> set[str]:
    text = rendered([record("tap", label=name)], "csv")
    return {line["method"] for line in csv.DictReader(io.StringIO(text, newline=""))}


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+a", "-a", "@SUM(1)", " =1", "-1-1", "=1"])
def test_a_name_in_csv_is_no_formula(name: str) -> None:
    assert f"'{name}" in names_in_csv(name)


@pytest.mark.parametrize("name", ["tap", "-1.5", "+2", "a=b", "1e-3", "-.5"])
def test_other_names_in_csv_stay(name: str) -> None:
    assert name in names_in_csv(name)


@pytest.mark.parametrize("name", ["\t=1", "\r=1", "a\r=1"])
def test_a_name_in_csv_is_one_line(name: str) -> None:
    assert name.replace("\t", "\\t").replace("\r", "\\r") in names_in_csv(name)


def test_csv_holds_every_digit() -> None:
    score = 1 / 3
    lines = list(csv.DictReader(io.StringIO(rendered([record("tap", label='a,"b"', scores={"left": score})], "csv"))))
    assert tuple(lines[0]) == FIELDS
    (ours,) = [line for line in lines if line["method"] == 'a,"b"']
    assert float(ours["mean"]) == score
    assert (ours["std"], ours["seeds"], ours["tasks"], ours["published"]) == ("", "1", "1", "")


@pytest.mark.parametrize("form", [form for form in RENDERINGS if form != "csv"])
def test_a_table_as_text_acts_on_no_terminal(form: Format) -> None:
    text = rendered([record("tap", label="t\x1b[2J\r"), record("em", scores={"le\nft\x07": 0.1})], form)
    assert r"x1b" in text
    assert not set(text) & {"\x1b", "\r", "\x07"}


def test_latex_takes_no_name_for_the_option_of_a_line_break() -> None:
    assert "\n{[}x] &" in rendered([record("tap", label="[x]"), record("em")], "latex")


@pytest.mark.parametrize("width", [80, 120, 200])
def test_long_headings_are_folded_and_never_cropped(width: int) -> None:
    against = ("purifier:epochs=4,noise=0.1", "purifier:epochs=40,noise=0.1", "purifier:epochs=40,noise=0.2")
    scores = {"left": 0.25, "right": 0.75}
    records = [record(method, scores=scores, countermeasure=one) for method in ("clean", "tap") for one in against]
    drawn = io.StringIO()
    Console(file=drawn, width=width).print(drawn_table(table(records, TableView(per_task=True))))
    lines = drawn.getvalue().splitlines()
    (rule,) = [number for number, line in enumerate(lines) if "───" in line]
    assert "…" not in drawn.getvalue()
    folded = "".join(character for line in lines[:rule] for character in line if not character.isspace())
    assert len(folded) == len("method") + 2 * sum(len(f"MTL{one}") for one in against) + 3 * len("leftright")
