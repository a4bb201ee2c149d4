"""Columns of cells, rules for them, and the tasks that they become."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from mtlue.data.columns.discovery import find_tasks
from mtlue.data.columns.rules_file import read_rules

NUMBERS = [str(n / 4) for n in range(40)]
ROWS = 1000


def cycle(*cells: object) -> list[str]:
    """``ROWS`` cells, each value as often as the others."""
    return [str(cells[row % len(cells)]) for row in range(ROWS)]


def bell(low: int, high: int) -> list[str]:
    """``ROWS`` whole numbers, those at the ends rare."""
    draws = np.random.default_rng(0).binomial(high - low, 0.5, ROWS) + low
    return [str(number) for number in draws]


def found(cells: Mapping[str, Sequence[str | None]], tasks: list[str] | None = None) -> dict[str, object]:
    frame = pd.DataFrame(cells, dtype=object)
    return {task.name: task for task in find_tasks(frame, read_rules(tasks), "the table").tasks}


def rules(folder: Path, text: str) -> list[str]:
    path = folder / "tasks.yaml"
    path.write_text(text)
    return [str(path)]


def notes_on(name: str, cells: list[str]) -> list[str]:
    frame = pd.DataFrame({name: cells, "kind": ["a", "b"] * (len(cells) // 2)}, dtype=object)
    return [note for note in find_tasks(frame, read_rules(None), "the table").notes if f"'{name}'" in note]
