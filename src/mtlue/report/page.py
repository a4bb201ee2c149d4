"""One self-contained HTML page out of records, a few images and the fitting's curves."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from torch import Tensor

from mtlue._version import __version__
from mtlue.evaluation.countermeasures import NONE
from mtlue.evaluation.learner import SETTINGS
from mtlue.evaluation.records import CONDITIONS, Record
from mtlue.evaluation.summary import Row, summarise
from mtlue.files import write_text
from mtlue.report.figures import curves, side_by_side
from mtlue.report.table import COLUMNS, caption, cells, group, title
from mtlue.visible import visible

SHOWN_IMAGES = 6


def write_page(
    path: Path,
    records: Sequence[Record],
    images: tuple[Tensor, Tensor] | None = None,
    fitting: Mapping[str, Sequence[float]] | None = None,
) -> None:
    """Write the report, whole.

    Args:
        path: of the HTML file.
        records: of one comparison.
        images: clean and protected, uint8 [N, C, H, W]; the first six are shown.
        fitting: curves of the method's training, from its record.
    """
    rows = summarise(records)
    seeds = len({record.learner.seed for record in records})
    released = next((record for record in records if record.epsilon is not None), None)
    environment = Environment(loader=PackageLoader("mtlue.report"), autoescape=select_autoescape(), finalize=_shown)
    page = environment.get_template("report.html").render(
        title=title(records),
        version=__version__,
        headline=_headline(rows),
        columns=COLUMNS,
        caption=caption(rows),
        rows=[(row, cells(row, seeds)) for row in rows],
        pictures=_pictures(images, released),
        fitting=curves({name: {name: values} for name, values in fitting.items()}, by_share=True) if fitting else None,
        learners=curves(_learner_panels(records)),
        records=records,
    )
    write_text(path, page)


def _shown(value: object) -> object:
    """What the template prints: text from records in one line, its control characters written out."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _headline(rows: Sequence[Row]) -> list[Row]:
    """The least protected task of each setting and countermeasure."""
    return [next(row for row in rows if group(row) == name) for name in dict.fromkeys(map(group, rows))]


def _pictures(images: tuple[Tensor, Tensor] | None, released: Record | None) -> str | None:
    if images is None or released is None or released.epsilon is None:
        return None
    return side_by_side(images[0][:SHOWN_IMAGES], images[1][:SHOWN_IMAGES], released.epsilon)


def _learner_panels(records: Sequence[Record]) -> dict[str, dict[str, list[float]]]:
    """Training loss of the first seed's learners, one panel a setting (and task), one line for each kind of data.

    Learners with a countermeasure are left out where there are others.
    """
    records = [record for record in records if record.learner.countermeasure == NONE] or records
    panels: dict[str, dict[str, list[float]]] = {}
    seed = records[0].learner.seed
    for setting in SETTINGS:
        for data in CONDITIONS:
            for record in records:
                if (record.learner.setting, record.condition, record.learner.seed) == (setting, data, seed):
                    name = f"training loss, {setting.upper()}" + (
                        f" {visible(next(iter(record.metrics)))}" * (setting == "stl")
                    )
                    panels.setdefault(name, {})[data] = record.curves["training loss"]
    return panels
