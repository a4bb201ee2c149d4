"""Write the tables of our documents that `mtlue table` prints from the records, or check that they are current.

    python benchmarks/published_tables.py            # write them again (make tables)
    python benchmarks/published_tables.py --check    # name the documents that are not current, and end with 1

Above such a table stands its command, from the repository's root:

    <!-- mtlue table benchmarks/records/digits.json --metric accuracy -->

Other tables are written in the same way (see audit_tables.py, paper_tables.py, record_tables.py), below these lines:

    <!-- attacks -->
    <!-- audits of digits -->
    <!-- attackers of digits -->
    <!-- paper on celeba -->
    <!-- spreads of analysis -->
    <!-- clipped recovery of gpu/celeba5k -->

Title and notes that the command prints are left out: what a reader must know is for the text around the table to say.
Only notes on the precision of learners stay, below the table.

A table that shows a part of what a command prints, under names of its own, is only checked: each of its rows must be a
row of the command, bold or not, with as many of its columns as are wanted:

    <!-- rows of mtlue table benchmarks/records/digits.json --metric accuracy --per-task -->

``columns of`` instead: each of its rows is a column of the command. Of several commands, with ``+`` between them, rows
(columns) go on with the rows of the same name of the next command:

    <!-- rows of mtlue table FILE + mtlue table FILE --recovery -->
"""

import argparse
import contextlib
import io
import re
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from audit_tables import attackers, attacks, audits
from paper_tables import paper
from record_tables import clipped_recovery, spreads

from mtlue.cli import main as mtlue
from mtlue.report.tables.precisions import PRECISION

ROOT = Path(__file__).resolve().parents[1]
_NOTE = f"- {PRECISION}"
_TABLE = re.compile(rf"^(<!-- mtlue table (.+) -->)\n\n?((?:\|.*\n)*(?:\n(?:{_NOTE}.*\n)+)?)", re.MULTILINE)
_MADE_OF: dict[str, Callable[[str], str]] = {
    "audits of": audits,
    "attackers of": attackers,
    "paper on": paper,
    "spreads of": spreads,
    "clipped recovery of": clipped_recovery,
}
_OTHER = re.compile(rf"^(<!-- ((attacks)|({'|'.join(_MADE_OF)}) (\S+)) -->)\n\n?((?:\|.*\n)*)", re.MULTILINE)
_ROWS = re.compile(r"^<!-- (rows|columns) of mtlue table (.+) -->\n\n?((?:\|.*\n)*)", re.MULTILINE)
_AND = " + mtlue table "


def documents() -> list[Path]:
    """Every document that may hold such a table."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("benchmarks/*.md"), *ROOT.glob("docs/**/*.md")])


def commands(text: str) -> list[str]:
    """What the document's tables are made of: commands, without ``mtlue table``, and the lines of other tables."""
    found = [match[2] for match in (*_TABLE.finditer(text), *_OTHER.finditer(text))]
    return found + [match[2] for match in _ROWS.finditer(text)]


def current(text: str) -> str:
    """A document as it should be: each table as its command prints it."""
    return _OTHER.sub(_other_table, _TABLE.sub(_current_table, text))


def _current_table(match: re.Match[str]) -> str:
    comment, command, table = match.groups()
    return f"{comment}\n\n{printed(shlex.split(command))}{'' if table else chr(10)}"


def _other_table(match: re.Match[str]) -> str:
    comment, _, listed, what, dataset, table = match.groups()
    return f"{comment}\n\n{attacks() if listed else _MADE_OF[what](dataset)}{'' if table else chr(10)}"


def wrong_rows(text: str) -> list[str]:
    """Rows of a document that should be a command's, and are not."""
    wrong = []
    for which, command, table in _ROWS.findall(text):
        tables = [_table(printed(shlex.split(one)), which) for one in command.split(_AND)]
        known = [[text for one in tables for text in one.get(name, [])] for name in tables[0]]
        wrong += [line for line in table.splitlines()[2:] if not any(_is_part(_cells(line)[1:], row) for row in known)]
    return wrong


def _table(text: str, which: str) -> dict[str, list[str]]:
    """Name -> texts of the rows, or of the columns, of a printed table."""
    rows = [_cells(line) for line in text.splitlines() if line.startswith("|")]
    lines = list(zip(*rows, strict=True)) if which == "columns" else rows
    return {name: list(texts) for name, *texts in lines[1:]}


def _cells(line: str) -> list[str]:
    """A row's texts, not bold."""
    return [text.strip().strip("*") for text in line.strip().strip("|").split("|")]


def _is_part(cells: Sequence[str], row: Sequence[str]) -> bool:
    """Whether the cells are some of the row's, in its order."""
    rest = iter(row)
    return all(cell in rest for cell in cells)


def printed(options: Sequence[str]) -> str:
    """The lines of the table that ``mtlue table`` prints, and its notes on precision.

    Raises:
        ValueError: the command fails.
    """
    errors = io.StringIO()
    with TemporaryDirectory() as folder, contextlib.chdir(ROOT):
        file = Path(folder) / "table.md"
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
            status = mtlue(["table", *options, "--format", "markdown", "--out", str(file)])
        if status:
            raise ValueError(errors.getvalue())
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    table, notes = ([line for line in lines if line.startswith(start)] for start in ("|", _NOTE))
    return "".join([*table, *(["\n", *notes] if notes else [])])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args(arguments).check
    faults = 0
    for path in documents():
        text = path.read_text(encoding="utf-8")
        wanted, wrong = current(text), wrong_rows(text)
        faults += len(wrong) + (check and wanted != text)
        for line in wrong:
            print(f"{path.relative_to(ROOT)}: no row of the command's: {line}")
        if wanted != text:
            print(f"{path.relative_to(ROOT)}: {'not current' if check else 'written'}")
            if not check:
                path.write_text(wanted, encoding="utf-8")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
