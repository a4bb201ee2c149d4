"""Which classes a table's scores leave out, for the reader."""

from collections.abc import Iterator

from mtlue.faults import listed
from mtlue.report.records.sorting import SortedRecords

_LISTED = 5


def uncounted_notes(results: SortedRecords) -> Iterator[str]:
    """A sentence for each dataset that has classes with too few test images to count in means over classes."""
    datasets: dict[str, dict[str, None]] = {}
    for record, task in results.scored():
        for name, count in record.uncounted.get(task, {}).items():
            datasets.setdefault(record.dataset, {})[f"{task} '{name}' ({count})"] = None
    for dataset, classes in datasets.items():
        yield (
            f"{dataset}: too few test images to count in means over classes (accuracy is over all images): "
            f"{listed(list(classes), _LISTED)}."
        )
