"""What the columns of a table are called, and what the whole table is about."""

from collections.abc import Mapping, Sequence

from mtlue.report.comparison import Comparison
from mtlue.report.results import UNCOUNTERED


def headings(comparison: Comparison) -> list[tuple[str, ...]]:
    """Each column's name in parts: its setting, and what tells it from the others."""
    return telling_apart([column.attributes() for column in comparison.columns])


def title(comparison: Comparison) -> str:
    """What the whole table is about: the measure, and what all columns share."""
    attributes = [column.attributes() for column in comparison.columns]
    shared = {key: value for key, value in attributes[0].items() if all(its[key] == value for its in attributes)}
    measure = _text("metric", shared["metric"]) if "metric" in shared else "score"
    if comparison.view.recovery:
        measure = f"recovery by {measure}, (score − trivial) / (clean − trivial),"
    tasks = "" if all(column.task for column in comparison.columns) else ", mean over tasks"
    seeds = ", ± std over seeds" if any(cell.seeds > 1 for row in comparison.rows for cell in row.cells) else ""
    common = [shared[key] for key in ("dataset", "backbone", "weighting", "task") if shared.get(key)]
    against = shared.get("countermeasure", UNCOUNTERED)
    common += [against] if against != UNCOUNTERED else []
    place = f" ({', '.join(common)})" if common else ""
    bold = "; bold: protects best" if any(cell.best for row in comparison.rows for cell in row.cells) else ""
    return f"{measure} on clean test images{tasks}{seeds}{place}{bold}"


def telling_apart(attributes: Sequence[Mapping[str, str]]) -> list[tuple[str, ...]]:
    """Each one's setting, and those of its values that are not the same for all."""
    shown = [key for key in attributes[0] if key == "setting" or len({its[key] for its in attributes}) > 1]
    return [tuple(_text(key, its[key]) for key in shown if its[key]) for its in attributes]


def _text(key: str, value: str) -> str:
    if key == "setting":
        return value.upper()
    if (key, value) == ("countermeasure", UNCOUNTERED):
        return "no countermeasure"
    return value.replace("_", " ") if key == "metric" else value
