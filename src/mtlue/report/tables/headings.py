"""The names of a table's columns, and the sentence above it."""

from collections.abc import Mapping, Sequence

from mtlue.evaluation.learner import NO_COUNTERMEASURE
from mtlue.report.records.groups import Group, telling_apart, tested_images
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.tables.comparison import UNPROTECTED, Comparison

INTERVALS = "[95 % interval over test images and seeds] where it is wide"


def headings(comparison: Comparison) -> list[tuple[str, ...]]:
    """Each column's name in parts: its setting, and what tells it from the others."""
    return _telling_apart([column.attributes() for column in comparison.columns])


def group_names(results: SortedRecords) -> dict[Group, str]:
    """Each group's name: its setting, and what tells it from the others."""
    names = _telling_apart([group.attributes() for group in results.groups])
    return {group: ", ".join(name) for group, name in zip(results.groups, names, strict=True)}


def comparison_title(comparison: Comparison) -> str:
    """What the whole table is about: the measure, and what all columns share."""
    attributes = [column.attributes() for column in comparison.columns]
    shared = {key: value for key, value in attributes[0].items() if all(other[key] == value for other in attributes)}
    measure = _text("metric", shared["metric"]) if "metric" in shared else "score"
    if comparison.view.recovery:
        measure = f"recovery by {measure}, (score − trivial) / (clean − trivial),"
        if comparison.view.ratio_of_means:
            measure += " each of them a mean over tasks,"
    cells = [cell for row in comparison.rows for cell in row.cells]
    means = not comparison.view.ratio_of_means and not all(column.task for column in comparison.columns)
    tasks = ", mean over tasks" if means else ""
    seeds = ", ± std over seeds" if any(cell.seeds > 1 for cell in cells) else ""
    wide = f", {INTERVALS}" if any(cell.wide for cell in cells) else ""
    rule = f" (none where it leaves a recovery above {UNPROTECTED:g})" if comparison.unmarked else ""
    bold = f"; bold: protects best{rule}" if any(cell.best for cell in cells) else ""
    tested = tested_images(column.group for column in comparison.columns)
    return f"{measure} on {tested}{tasks}{seeds}{wide}{_place(shared)}{bold}"


def _place(shared: Mapping[str, str]) -> str:
    common = [shared[key] for key in ("dataset", "backbone", "weighting", "task") if shared.get(key)]
    against = shared.get("countermeasure", NO_COUNTERMEASURE)
    common += [against] if against != NO_COUNTERMEASURE else []
    return f" ({', '.join(common)})" if common else ""


def _telling_apart(attributes: Sequence[Mapping[str, str]]) -> list[tuple[str, ...]]:
    """Each one's setting, and those of its values that are not the same for all."""
    apart = telling_apart(attributes)
    shown = [key for key in attributes[0] if key == "setting" or key in apart]
    return [tuple(_text(key, one[key]) for key in shown if one[key]) for one in attributes]


def _text(key: str, value: str) -> str:
    if key == "setting":
        return value.upper()
    if (key, value) == ("countermeasure", NO_COUNTERMEASURE):
        return "no countermeasure"
    return value.replace("_", " ") if key == "metric" else value
