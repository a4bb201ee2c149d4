"""Any folder of images with a table of labels (CSV, TSV, Parquet, JSONL): one row an image, one column a task."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mtlue.data.files.folders import require_folder
from mtlue.data.listing import TEST, TRAIN, Listing
from mtlue.data.options import DataOptions
from mtlue.data.rows.pairing import paired_rows
from mtlue.data.rows.parts import METADATA, Part, metadata_parts, note_unread, shard_parts
from mtlue.data.rows.reading import Rows, to_listing
from mtlue.data.rows.split_table import with_split_table
from mtlue.data.rows.splits import with_test_split
from mtlue.tables.reading import USUAL_NAMES, find_table, find_tables, given_table
from mtlue.tasks import Task


def read_table(options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The source ``table``. Classes are found from the data unless ``tasks`` fixes them (none: no label is read)."""
    root = require_folder(options)
    parts = _parts(root, options)
    rows = paired_rows(parts, root, options)
    read = [part.path for part in parts]
    if options.split_table is not None:
        second = given_table(options.split_table, root, "--split-table")
        rows = with_split_table(rows, second, options)
        read.append(second)
    return to_listing(_with_notes(rows, note_unread(root, read)), options, tasks)


def _with_notes(rows: Rows, unread: Sequence[str]) -> Rows:
    if rows.splits is None:
        return replace(rows, notes=[*rows.notes, *unread])
    splits, note = with_test_split(rows.splits)
    return replace(rows, splits=splits, notes=[*rows.notes, *note, *unread])


def _parts(root: Path, options: DataOptions) -> list[Part]:
    """The tables given; else the usual one; ``metadata`` files in any folder; Parquet shards; or the only table."""
    if options.test_labels is not None:
        train = given_table(options.labels, root, "--labels") if options.labels else find_table(root)
        return [Part(train, "", TRAIN), Part(given_table(options.test_labels, root, "--test-labels"), "", TEST)]
    if options.labels is not None:
        return [Part(given_table(options.labels, root, "--labels"))]
    usual = [path for path in find_tables(root) if path.stem.lower() in USUAL_NAMES]
    metadata = metadata_parts(root)
    if metadata and (not usual or any(path.stem == METADATA for path in usual)):
        return metadata
    shards = [] if usual else shard_parts(root)
    return shards or [Part(find_table(root))]
