"""One self-contained HTML page out of records, a few images and the fitting's curves."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch import Tensor

from mtlue._version import __version__
from mtlue.evaluation.learner import SETTINGS
from mtlue.evaluation.records import CONDITIONS, Record
from mtlue.fidelity.before_and_after import gain_of
from mtlue.fidelity.record import Fidelity
from mtlue.fidelity.texts import SUMMARY_COLUMNS, image_columns, summary_rows, which_images, worst_rows
from mtlue.files import write_text
from mtlue.report.evaluations.headline import headlines, why_unknown
from mtlue.report.evaluations.table import RELEASE_COLUMNS, caption, row_texts, scored_rows, title_in_words
from mtlue.report.html import templates
from mtlue.report.pictures.figures import Triple, curves, triples
from mtlue.report.records.groups import Group, Method, condition_of, seed_of, tested_images
from mtlue.report.records.sorting import SortedRecords
from mtlue.report.tables.footnotes import disagreements, few_tested
from mtlue.visible import visible

SHOWN_IMAGES = 6
SHORT_ROWS = 12
"""Of the short table: the least protected tasks, each by its headline metric."""
SHORT_COLUMNS = tuple(RELEASE_COLUMNS.index(name) for name in ("", "task", "metric", "clean", "protected", "recovery"))
WORST_IMAGES = 10
"""That are named, of those that look least like the clean ones."""


def write_page(
    path: Path,
    records: Sequence[Record],
    images: tuple[Tensor, Tensor] | None = None,
    fitting: Mapping[str, Sequence[float]] | None = None,
    complete: bool = True,
    fidelity: Fidelity | None = None,
) -> None:
    """Write the report, whole.

    Args:
        path: of the HTML file.
        records: of one evaluation, or of several of one dataset; at least one.
        images: clean and protected, uint8 [N, C, H, W]; the first six are shown.
        fitting: curves of the method's training, from its record.
        complete: whether the evaluation ended; the page says where it did not.
        fidelity: how far the release looks from the clean images.

    Raises:
        InputError: there is no record.
        OutputError: the file cannot be written.
    """
    results = SortedRecords.of(records)
    rows = scored_rows(results)
    released = next((record for record in records if record.epsilon is not None), None)
    template = templates().get_template("report.html")
    page = template.render(
        title=title_in_words(records),
        version=__version__,
        complete=complete,
        headline=headlines(rows),
        unknown=why_unknown(results),
        warnings=[*few_tested(records), *results.notes, *disagreements(results)],
        columns=RELEASE_COLUMNS,
        caption=caption(results),
        tested=tested_images(results.groups),
        countered=any(group.countered for group in results.groups),
        rows=[(row, row_texts(row)) for row in rows],
        short=[[row_texts(row)[place] for place in SHORT_COLUMNS] for row in rows if row.headline][:SHORT_ROWS],
        short_columns=[RELEASE_COLUMNS[place] for place in SHORT_COLUMNS],
        gain=gain_of(released.epsilon) if released and released.epsilon else None,
        fidelity=_visibility(fidelity) if fidelity and fidelity.images else None,
        pictures=_pictures(images, released),
        fitting=curves({name: {name: values} for name, values in fitting.items()}, by_share=True) if fitting else None,
        learners=curves(_learner_panels(records)),
        records=records,
        versions=records[0].versions,
    )
    write_text(path, page)


def _pictures(images: tuple[Tensor, Tensor] | None, released: Record | None) -> list[Triple]:
    if images is None or released is None or released.epsilon is None:
        return []
    return triples(images[0][:SHOWN_IMAGES], images[1][:SHOWN_IMAGES], released.epsilon)


def _visibility(fidelity: Fidelity) -> dict[str, object]:
    """Tables of how visible the change is: over all images, and of the worst ones."""
    return {
        "which": which_images(fidelity),
        "in_tiles": fidelity.in_tiles,
        "columns": SUMMARY_COLUMNS,
        "rows": summary_rows(fidelity),
        "image_columns": image_columns(fidelity),
        "worst": worst_rows(fidelity, WORST_IMAGES),
    }


def _learner_panels(records: Sequence[Record]) -> dict[str, dict[str, list[float]]]:
    """Training loss of the first seed's learners: one panel per setting (and task), one line per kind of images.

    Learners with a countermeasure are left out where there are others.
    """
    records = [record for record in records if not Group.of(record).countered] or records
    released = {Method.of(record) for record in records if Method.of(record).released}
    ordered = sorted(records, key=_place)
    panels: dict[str, dict[str, list[float]]] = {}
    for record in ordered:
        if seed_of(record) == seed_of(records[0]):
            line = Method.of(record).label if len(released) > 1 else condition_of(record)
            panels.setdefault(_panel(record), {})[line] = record.curves["training loss"]
    return panels


def _place(record: Record) -> tuple[int, int]:
    return SETTINGS.index(Group.of(record).setting), CONDITIONS.index(condition_of(record))


def _panel(record: Record) -> str:
    setting = Group.of(record).setting
    task = f" {visible(next(iter(record.metrics)))}" if setting == "stl" else ""
    return f"training loss, {setting.upper()}{task}"
