"""Which of a folder's tables hold labels of its images, and which only say what is for testing. Imports no torch."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mtlue.data.listing import TEST, TRAIN
from mtlue.data.options import DataOptions
from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.rows.image_tables import ImageTable, image_tables, rivals_of, several_tables, ways
from mtlue.data.rows.splits import split_in
from mtlue.errors import InputError, way
from mtlue.faults import Faults
from mtlue.tables.given import as_given, given_table
from mtlue.tables.reading import USUAL_NAMES, find_tables


def table_options(files: ImageFiles, options: DataOptions) -> DataOptions | None:
    """The options that read a folder's labels from its tables; None where none names images of it.

    Raises:
        InputError: several tables may be meant; or the only one cannot be read.
    """
    faults = Faults()
    tables = image_tables(files, options, faults)
    labelled = _labelled(tables, files.root, options)
    if not labelled:
        if not files.names:  # the images may lie inside the table
            inside = [path for path in find_tables(files.root) if path.suffix.lower() == ".parquet"]
            labelled = [ImageTable(path, (), False) for path in inside]
        if len(labelled) != 1:
            faults.check()
            return None
    found = {"labels": labelled[0].path}
    if len(labelled) == 2:
        found["test_labels"] = labelled[1].path
    elif not labelled[0].says_split and options.split_column not in labelled[0].columns:
        column = options.split_column
        splits = [table for table in tables if table.only_splits and column in (None, *table.columns)]
        found |= _split_table(splits, files.root, options)
    given = {name: path for name in found if (path := getattr(options, name)) is not None}
    named = {name: as_given(path, files.root) for name, path in found.items()}
    return replace(options, **{"dataset": "table", **named, **given})


def _labelled(tables: Sequence[ImageTable], root: Path, options: DataOptions) -> list[ImageTable]:
    """The table of labels; those of training and of test images; none.

    Raises:
        InputError: it may be one of several.
    """
    if options.labels is not None:
        given = given_table(options.labels, root, "labels")
        same = [table for table in tables if table.path.resolve() == given.resolve()]
        return same or [ImageTable(given, (), True)]
    labelled = [table for table in tables if table.labels]
    for name in USUAL_NAMES:
        usual = [table for table in labelled if table.path.stem.lower() == name and table.path.parent == root]
        if len(usual) == 1:
            if rivals := rivals_of([usual[0].path], labelled, options, root):
                raise several_tables([*usual, *rivals], root)
            return usual
    pair = {split_in(table.path.name): table for table in labelled}
    if len(labelled) == 2 and pair.keys() == {TRAIN, TEST} and pair[TRAIN].columns == pair[TEST].columns:
        return [pair[TRAIN], pair[TEST]]
    if len(labelled) > 1:
        raise several_tables(labelled, root)
    return labelled


def _split_table(tables: Sequence[ImageTable], root: Path, options: DataOptions) -> dict[str, Path]:
    """The table that says what is for testing, as an option.

    Raises:
        InputError: several do.
    """
    if options.split_table is not None or options.test_labels is not None or not tables:
        return {}
    if len(tables) > 1:
        raise InputError(
            f"{root}: {len(tables)} tables say which images are for testing: add "
            f"{ways('split_table', tables, root)}; or {way(split_column='none')} to hold out a share of them"
        )
    return {"split_table": tables[0].path}
