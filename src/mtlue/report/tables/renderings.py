"""A comparison as text: for the terminal, Markdown, LaTeX (booktabs), or CSV in long form."""

import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mtlue.report.records.groups import TEST_SET
from mtlue.report.tables.cells import BELOW_NOTE, TableCell
from mtlue.report.tables.comparison import Comparison
from mtlue.report.tables.headings import comparison_title, headings
from mtlue.visible import visible

Format = Literal["terminal", "markdown", "latex", "csv"]
FIELDS = (
    *("method", "dataset", "setting", "backbone", "weighting", "countermeasure", TEST_SET, "metric", "task"),
    *("measure", "mean", "std", "seeds", "tasks", "published"),
)
_WIDE = 10_000
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a cell begins that a spreadsheet calculates; East Asian versions take the wide signs, too."""
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_MARKDOWN = str.maketrans({sign: f"\\{sign}" for sign in "\\|*_<`[]~&$"})
_LATEX = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
        "[": "{[}",  # not the option of the line break before it
        **{"|": r"\textbar{}", "<": r"\textless{}", ">": r"\textgreater{}"},
        **{"±": r"$\pm$", "−": "$-$", "–": "--", "×": r"$\times$"},
    }
)


def table(comparison: Comparison) -> Table:
    """A rich table, without title and notes: :func:`terminal_notes` are for below it."""
    drawn = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    drawn.add_column("method", no_wrap=True)
    for name in headings(comparison):
        drawn.add_column(Text("\n".join(map(visible, name))), justify="right", overflow="fold")
    for row in comparison.rows:
        texts = [Text(cell.short_text, style="bold" if cell.best else "") for cell in row.cells]
        drawn.add_row(Text(visible(row.method.label)), *texts)
    return drawn


def terminal_notes(comparison: Comparison, notes: Sequence[str]) -> list[str]:
    """``notes``, and what a cell of a terminal's table means."""
    below = any(cell.below for row in comparison.rows for cell in row.cells)
    return [*notes, *([BELOW_NOTE] if below else [])]


def terminal(comparison: Comparison, notes: Sequence[str], lead: str | None = None) -> str:
    """What the terminal shows, for a file: as wide as it needs to be."""
    console = Console(file=io.StringIO(), width=_WIDE, color_system=None)
    with console.capture() as shown:
        console.print(table(comparison))
    above = [lead] if lead else []
    lines = [line.rstrip() for line in shown.get().splitlines()]
    head, below = [*above, comparison_title(comparison)], terminal_notes(comparison, notes)
    return _joined([*map(visible, head), *lines, *map(visible, below)])


def markdown(comparison: Comparison, notes: Sequence[str], lead: str | None = None) -> str:
    """A pipe table with its notes as a list."""
    header, rows = _grid(comparison, _in_markdown, "**{}**")
    rule = ["---", *["---:"] * (len(header) - 1)]
    lines = [f"| {' | '.join(texts)} |" for texts in (header, rule, *rows)]
    above = [*([lead, ""] if lead else []), comparison_title(comparison), ""]
    below = ["", *(f"- {_in_markdown(note)}" for note in notes)] if notes else []
    return _joined([*map(_in_markdown, above), *lines, *below])


def latex(comparison: Comparison, notes: Sequence[str], lead: str | None = None) -> str:
    """A tabular that needs the package booktabs, with its title and notes below, and ``lead`` above."""
    import pandas as pd

    header, rows = _grid(comparison, _in_latex, r"\textbf{{{}}}")
    frame = pd.DataFrame(rows, columns=header)
    text: str = frame.to_latex(index=False, escape=False, column_format="l" + "r" * (len(header) - 1))
    above = [_latex_note(lead)] if lead else []
    below = [_latex_note(note) for note in (comparison_title(comparison), *notes)]
    return "\n".join([*above, text + "\n".join(below)]) + "\n"


def long_csv(comparison: Comparison, notes: Sequence[str], lead: str | None = None) -> str:
    """One line for each method and column, every digit; notes and ``lead`` are not part of it.

    Names that a spreadsheet would calculate begin with an apostrophe.
    """
    stream = io.StringIO()
    writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
    writer.writeheader()
    for row in comparison.rows:
        for column, cell in zip(comparison.columns, row.cells, strict=True):
            values = {
                **column.attributes(),
                "method": row.method.label,
                "measure": comparison.view.measure,
                "mean": "" if math.isnan(cell.value.mean) else cell.value.mean,
                "std": cell.value.std if cell.seeds > 1 else "",
                "seeds": cell.seeds,
                "tasks": len(column.metrics),
                "published": cell.published.value if cell.published else "",
            }
            writer.writerow({name: _inert(value) for name, value in values.items()})
    return stream.getvalue()


def _inert(value: object) -> object:
    """A CSV cell in one line that no spreadsheet takes for a formula: text that begins like one gets an apostrophe."""
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


RENDERINGS: dict[Format, Callable[[Comparison, Sequence[str], str | None], str]] = {
    "terminal": terminal,
    "markdown": markdown,
    "latex": latex,
    "csv": long_csv,
}


def _grid(comparison: Comparison, escape: Callable[[str], str], bold: str) -> tuple[list[str], list[list[str]]]:
    """Header and rows of escaped texts, the best of a column in bold."""

    def text(cell: TableCell) -> str:
        return bold.format(escape(cell.text)) if cell.best else escape(cell.text)

    header = ["method", *(escape(", ".join(name)) for name in headings(comparison))]
    return header, [[escape(row.method.label), *map(text, row.cells)] for row in comparison.rows]


def _latex_note(text: str) -> str:
    return rf"\par{{\footnotesize {_in_latex(text)}\par}}"


def _in_latex(text: str) -> str:
    return _plain(text).translate(_LATEX)


def _in_markdown(text: str) -> str:
    return _plain(text).translate(_MARKDOWN)


def _plain(text: str) -> str:
    """Text in one line, without characters that act."""
    return visible(" ".join(text.split()))


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
