"""The tables of a release: ``metadata.csv`` lists what the manifest lists, and ``tasks.yaml`` can be read."""

import csv
import io
import warnings
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from msgspec import Meta, Struct

from mtlue.data.columns.rules import ColumnRule
from mtlue.errors import VerificationError
from mtlue.release.checks.faults import ReleaseError, Remedy, raise_any
from mtlue.release.checks.folder import LARGEST_TABLE, read_listed
from mtlue.release.layout import MANIFEST, METADATA, RULES
from mtlue.release.manifest import Manifest
from mtlue.release.names import quoted_text
from mtlue.release.rules import rules_text
from mtlue.structured import read_yaml

_COLUMNS = ("file_name", "id", "split")
"""Columns that every release's table has."""
_MOST_COLUMNS = 4096
_LONGEST_HEADER = 2**20
"""Bytes."""
_Key = Annotated[str, Meta(pattern=rf"\A({'|'.join(field.name for field in fields(ColumnRule))})\Z")]


class _Rules(Struct, forbid_unknown_fields=True):
    """A tasks file: a rule for each task, of keys that columns may have."""

    tasks: dict[str, dict[_Key, Any]]


def read_metadata(release: Path) -> pd.DataFrame:
    """The release's table as strings; empty cells are missing labels.

    Raises:
        VerificationError: it cannot be read, or does not have a column that every release has.
    """
    path = release / METADATA
    try:
        return _parsed(path.read_bytes())
    except OSError as error:
        raise VerificationError(f"{path} cannot be read ({error.strerror or error}): {Remedy.RESTORE}") from error
    except ReleaseError as fault:
        raise VerificationError(f"{release}: {fault}. {fault.remedy}") from fault


def checked_metadata(release: Path, manifest: Manifest) -> pd.DataFrame:
    """The same of a release whose table is as its manifest says.

    Raises:
        VerificationError: it was changed, or lists other images.
    """
    raise_any(release, table_faults(release, manifest))
    return read_metadata(release)


def table_faults(release: Path, manifest: Manifest) -> list[ReleaseError]:
    """What is wrong with ``metadata.csv``."""
    try:
        content = read_listed(release, METADATA, manifest.metadata_sha256, LARGEST_TABLE)
        table = _parsed(content, len(manifest.images) + 1)  # one more row is enough to be noticed
    except ReleaseError as fault:
        return [fault]
    listed = {column: [getattr(image, column) for image in manifest.images] for column in ("file_name", "id")}
    if any(list(table[column]) != values for column, values in listed.items()):
        return [ReleaseError(f"{METADATA} does not list the images that {MANIFEST} lists")]
    if Counter(table["split"]) != Counter(manifest.counts):
        return [ReleaseError(f"{METADATA} and {MANIFEST} do not count the same images in each split")]
    return _unnamed_maps(table, manifest)


def rules_fault(release: Path) -> ReleaseError | None:
    """What is wrong with the tasks file, which a hash has proved to be the manifest's: it is the text of its rules."""
    try:
        path = release / RULES
        rules = read_yaml(path, _Rules, "it is not a tasks file", VerificationError).tasks
        with (release / METADATA).open("rb") as stream:
            columns = _columns(stream.read(_LONGEST_HEADER))
        if strangers := [name for name in rules if name not in columns]:
            return ReleaseError(
                f"{RULES} has a rule for {quoted_text(strangers[0])}, which {METADATA} has no column for"
            )
        if path.read_bytes() != rules_text(rules).encode():
            return ReleaseError(f"{RULES} holds more than the rules of its tasks, such as a comment")
    except (VerificationError, ReleaseError) as error:
        return ReleaseError(str(error))
    except OSError as error:
        return ReleaseError(f"{METADATA} cannot be read ({error.strerror or error})")
    return None


def _parsed(content: bytes, rows: int | None = None) -> pd.DataFrame:
    """The table, at most so many rows of it; its header is checked before anything else is read."""
    columns = _columns(content[:_LONGEST_HEADER])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a row of more cells than the header
            table = pd.read_csv(
                io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8", index_col=False, nrows=rows
            )
    except (ValueError, OverflowError, MemoryError, pd.errors.ParserWarning) as error:
        reason = " ".join(str(error).split())
        raise ReleaseError(f"{METADATA} cannot be read ({reason})") from error
    if list(table.columns) != columns:
        raise ReleaseError(f"{METADATA} cannot be read (its header is damaged)")
    return table


def _columns(beginning: bytes) -> list[str]:
    """The columns' names, out of a table's first bytes."""
    text = io.StringIO(beginning.decode("utf-8", "replace"), newline="")
    try:
        columns = next(csv.reader(text, strict=True), [])
    except csv.Error as error:
        raise ReleaseError(f"{METADATA} cannot be read (its header is damaged: {error})") from error
    if len(columns) > _MOST_COLUMNS or (len(beginning) == _LONGEST_HEADER and not text.read(1)):
        raise ReleaseError(f"{METADATA} has more columns than any release ({_MOST_COLUMNS} at most)")
    absent = [name for name in _COLUMNS if name not in columns]
    if absent:
        raise ReleaseError(f"{METADATA} has no column '{absent[0]}'")
    if repeated := [name for name, count in Counter(columns).items() if count > 1]:
        raise ReleaseError(f"{METADATA} has the column {quoted_text(repeated[0])} twice")
    return columns


def _unnamed_maps(table: pd.DataFrame, manifest: Manifest) -> list[ReleaseError]:
    """Label maps that belong to no image."""
    maps = {file.file_name for file in manifest.labels} - {RULES}
    for name in table.columns if maps else ():
        maps -= {*table[name]}
    return [ReleaseError(f"{quoted_text(name)} is the label of no image in {METADATA}") for name in sorted(maps)]
