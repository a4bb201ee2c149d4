"""Options that go with the source that is chosen. Imports nothing heavy."""

from collections.abc import Iterator
from pathlib import Path

from mtlue.data.options import AUTO, DataOptions
from mtlue.data.sources import EMBEDDED, PUBLISHED, SOURCES
from mtlue.errors import InputError, param
from mtlue.faults import Faults

_OF_ONE = {"pattern": "filenames", "labels": "table", "test_labels": "table", "split_table": "table"}
"""Options of one source alone."""
_COLUMNS = ("image_column", "id_column", "split_column")
"""Options of sources with a table."""


def check_options(options: DataOptions) -> None:
    """Refuse a source or a setting that is unknown, options of another source, and values that mean nothing.

    Raises:
        InputError: names the parameters, all that are wrong at once.
    """
    if options.dataset != AUTO:
        _check_name(options.dataset)  # first: everything else depends on it
    faults = Faults()
    faults.add(*_misplaced(options))
    with faults.gathered():
        options.check()
    faults.check()


def _check_name(dataset: str) -> None:
    try:
        SOURCES.choice(dataset)
    except InputError as error:
        if not Path(dataset).exists():
            raise
        raise InputError(
            f"{param('dataset')} {dataset} is a place, and no name of a dataset: give it as {param('data')}"
        ) from error


def named_as_folder(options: DataOptions) -> str:
    """What to do where an embedded dataset is given as if it were a folder; empty where none is."""
    data = options.data
    if options.dataset != AUTO or data is None or str(data) not in EMBEDDED or data.exists():
        return ""
    return f"there is no folder {data}: for the package's own images give {param('dataset')} {data}"


def _misplaced(options: DataOptions) -> Iterator[str]:
    """Options of another source than the one chosen."""
    chosen, data = options.source, options.data
    if data is not None and chosen in EMBEDDED:
        yield (
            f"{param('data')} {data}: dataset '{chosen}' comes with the package, and no folder of images "
            f"is read: leave it out, or name the images' {param('dataset')}"
        )
    if missing := named_as_folder(options):
        yield missing
    for name, source in _OF_ONE.items():
        if getattr(options, name) is not None and chosen not in (AUTO, source):
            yield f"{param(name)} goes with {param('dataset')} {source}, not with {chosen}: leave it out"
    for name in _COLUMNS:
        if (column := getattr(options, name)) is not None and chosen in EMBEDDED | PUBLISHED:
            yield (
                f"{param(name)} {column}: dataset '{chosen}' has no table whose columns could be chosen: leave it out"
            )
