"""Sentences for people on standard error, in lines that a terminal shows whole. Imports nothing heavy."""

import shutil
import textwrap

WIDTH = 80
"""Columns of a line at most, however wide the terminal is: longer lines are hard to read."""


def wrapped(line: str) -> list[str]:
    """A line as several that fit a terminal, of which the later ones are indented by two more.

    Words longer than a line, such as paths and addresses, stay whole, so that they can be copied.

    >>> wrapped("note: " + "word " * 20)[1]
    '  word word word word word'
    """
    columns = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
    if len(line) <= columns:
        return [line]
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.wrap(
        line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, expand_tabs=False
    )
