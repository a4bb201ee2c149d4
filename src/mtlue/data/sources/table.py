"""Any folder of images with a table of labels (CSV, TSV, Parquet, JSONL): one row per image, one column per task."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mtlue.data.files.folders import require_folder
from mtlue.data.listing import TEST, TRAIN
from mtlue.data.options import DataOptions
from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.rows.image_tables import ImageTable, image_tables, rivals_of, several_tables
from mtlue.data.rows.pairing import paired_rows
from mtlue.data.rows.parts import METADATA, TablePart, metadata_parts, shard_parts
from mtlue.data.rows.reading import RowSource
from mtlue.data.rows.rows import Rows
from mtlue.data.rows.split_table import with_split_table
from mtlue.data.rows.splits import with_test_split
from mtlue.data.rows.unread import unread_tables
from mtlue.faults import Faults
from mtlue.tables.given import given_table
from mtlue.tables.reading import USUAL_NAMES, find_table, find_tables


class Table(RowSource):
    """The source ``table``."""

    def rows(self, options: DataOptions, read_labels: bool) -> Rows:
        root = require_folder(options)
        parts, second = _tables(root, options)
        if options.labels is None:
            _refuse_rivals([part.path for part in parts], root, options)
        rows = paired_rows(parts, root, options)
        if second is not None:
            rows = with_split_table(rows, second, options)
        unread = unread_tables(root, [part.path for part in parts] + ([second] if second else []))
        return _with_notes(rows, unread.notes())


def _refuse_rivals(read: Sequence[Path], root: Path, options: DataOptions) -> None:
    """Refuse tables that nothing but their names chose, where others may hold the labels of the same images, too.

    Raises:
        InputError: says the options that settle it.
    """
    tables = image_tables(ImageFiles(root), options, Faults())
    if rivals := rivals_of(read, tables, options, root):
        raise several_tables([*(ImageTable(path, (), False) for path in read), *rivals], root)


def _with_notes(rows: Rows, unread: Sequence[str]) -> Rows:
    if rows.splits is None:
        return replace(rows, notes=[*rows.notes, *unread])
    splits, note = with_test_split(rows.splits)
    return replace(rows, splits=splits, notes=[*rows.notes, *note, *unread])


def _tables(root: Path, options: DataOptions) -> tuple[list[TablePart], Path | None]:
    """The tables of labels, and the one that says what is for testing.

    Raises:
        InputError: tables that options name are absent: all of them are named.
    """
    faults = Faults()
    given: dict[str, Path] = {}
    for option in ("labels", "test_labels", "split_table"):
        path = getattr(options, option)
        if path is not None:
            with faults.gathered():
                given[option] = given_table(path, root, option)
    faults.check()
    return _parts(root, given), given.get("split_table")


def _parts(root: Path, given: dict[str, Path]) -> list[TablePart]:
    """The tables given; else the usual one; ``metadata`` files in any folder; Parquet shards; or the only table."""
    if "test_labels" in given:
        return [
            TablePart(given.get("labels") or find_table(root), "", TRAIN),
            TablePart(given["test_labels"], "", TEST),
        ]
    if "labels" in given:
        return [TablePart(given["labels"])]
    usual = [path for path in find_tables(root) if path.stem.lower() in USUAL_NAMES]
    metadata = metadata_parts(root)
    if metadata and (not usual or any(path.stem == METADATA for path in usual)):
        return metadata
    shards = [] if usual else shard_parts(root)
    return shards or [TablePart(find_table(root))]
