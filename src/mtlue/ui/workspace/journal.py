"""A stage's events on disk, a line of JSON each: whoever reads them later, or after a crash, knows what happened."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtlue.files import write_text
from mtlue.structured import refusing
from mtlue.ui.workspace.rows import Row, row_of

DAMAGED = "remove the project and begin again"
"""What to do about a file of a project that cannot be used."""


@dataclass(frozen=True)
class Journal:
    """Lines of JSON, each with ``event`` (what kind), ``at`` (seconds since 1970), ``text`` and what else it has."""

    path: Path

    def begin(self) -> None:
        """Start anew, with the event ``asked``."""
        write_text(self.path, _line("asked", {}))

    def add(self, event: str, **values: Any) -> None:
        """Append an event in one write, so that a reader sees it whole or not at all."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(_line(event, values))

    def rows(self) -> list[Row]:
        """All events so far; a line that a killed process left unfinished is passed over.

        Raises:
            InputError: it cannot be read, or an event in it is not what a stage writes.
        """
        with refusing(self.path, DAMAGED):
            try:
                text = self.path.read_text(encoding="utf-8", errors="replace")
            except FileNotFoundError:
                return []
            rows = (_row(number, line) for number, line in enumerate(text.splitlines(), start=1))
            return [row for row in rows if row is not None]

    def copy_to(self, other: Journal) -> None:
        """Put all events so far into another file, in the place of what it holds."""
        write_text(other.path, self.path.read_text(encoding="utf-8"))

    def last(self, event: str) -> Row | None:
        """The latest event of a kind."""
        return next((row for row in reversed(self.rows()) if row["event"] == event), None)


def _line(event: str, values: dict[str, Any]) -> str:
    return json.dumps({"event": event, "at": time.time(), **values}) + "\n"


def _row(number: int, line: str) -> Row | None:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return None
    try:
        return row_of(values)
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from error
