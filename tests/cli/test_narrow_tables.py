"""Tables on a narrow terminal: text gives way, numbers stay whole."""

import io

import pytest
from rich.cells import cell_len
from rich.table import Table

from mtlue.cli.telling.task_table import task_table
from mtlue.cli.terminal.console import Console
from mtlue.jobs.inspection.statistics import TaskAccount
from mtlue.tasks.categorical import Categorical

NUMBERS = ("0.123456", "-0.9875", "1234567", "0.500 ± 0.005")


def printed(width: int, names: int = 2) -> list[str]:
    """A table of a few long texts and four columns of numbers with headers of several words."""
    table = Table()
    for name in range(names):
        table.add_column(f"text {name}")
    for header in ("noise recovery", "clean", "training images", "balanced accuracy"):
        table.add_column(header, justify="right")
    table.add_row(*["of many words " * 8] * names, *NUMBERS)
    stream = io.StringIO()
    Console(file=stream, width=width).print(table)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 400])
def test_a_table_fits_and_its_numbers_are_whole(width: int) -> None:
    lines = printed(width)
    assert max(map(cell_len, lines)) <= width
    assert all(any(number in line for line in lines) for number in NUMBERS)
    assert "…" not in "".join(lines)


def test_the_table_of_tasks_fits_80_columns() -> None:
    classes = [f"class {number}" for number in range(40)]
    task = Categorical("a name of a task", tuple(classes))
    counts = dict.fromkeys(classes, 1_000_000)
    present = {"train": 40_000_000, "test": 40_000_000}
    stream = io.StringIO()
    Console(file=stream, width=80).print(task_table([TaskAccount(task, present, 100_000, counts, counts)]))
    assert max(map(cell_len, stream.getvalue().splitlines())) <= 80
    assert "40000000   40000000    100000" in stream.getvalue()


def test_where_a_number_alone_is_too_wide_the_lines_are_longer() -> None:
    lines = printed(30)
    assert all(any(number in line for line in lines) for number in NUMBERS)


@pytest.mark.parametrize(("width", "parts"), [(40, 9), (80, 5), (100, 3), (400, 1)])
def test_a_table_of_too_many_numbers_is_parted_and_none_of_them_breaks(width: int, parts: int) -> None:
    table = Table(title="of the first", caption="of the last")
    table.add_column("method", no_wrap=True)
    for task in range(9):
        table.add_column(f"MTL task {task}", justify="right", overflow="fold")
    cells = [f"0.{task}25 ± 0.011 [0.22, 0.85]" for task in range(9)]
    table.add_row("tap", *cells)
    stream = io.StringIO()
    Console(file=stream, width=width).print(table)
    lines = stream.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    assert all(any(cell in line for line in lines) for cell in cells)
    assert [stream.getvalue().count(text) for text in ("of the first", "of the last")] == [1, 1]
    assert sum("tap" in line for line in lines) == parts
