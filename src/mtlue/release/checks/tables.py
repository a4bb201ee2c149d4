"""The tables of a release: ``metadata.csv`` lists what the manifest lists, and ``tasks.yaml`` can be read."""

import io
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from mtlue.errors import VerificationError
from mtlue.release.checks.faults import ReleaseError, Remedy
from mtlue.release.checks.folder import LARGEST_TABLE, read_listed
from mtlue.release.manifest import METADATA, TASKS, Manifest
from mtlue.release.names import quoted
from mtlue.release.staging import MANIFEST
from mtlue.structured import read_yaml

_COLUMNS = ("file_name", "id", "split")
"""Columns that every release's table has."""


def read_metadata(release: Path) -> pd.DataFrame:
    """The release's table as strings; empty cells are missing labels.

    Raises:
        VerificationError: it cannot be read, or lacks a column that every release has.
    """
    path = release / METADATA
    try:
        return _parsed(path.read_bytes())
    except OSError as error:
        raise VerificationError(f"{path} cannot be read ({error.strerror or error}): {Remedy.RESTORE}") from error
    except ReleaseError as fault:
        raise VerificationError(f"{release}: {fault}. {fault.remedy}") from fault


def table_faults(release: Path, manifest: Manifest) -> list[ReleaseError]:
    """What is wrong with ``metadata.csv``."""
    try:
        table = _parsed(read_listed(release, METADATA, manifest.metadata_sha256, LARGEST_TABLE))
    except ReleaseError as fault:
        return [fault]
    listed = [(image.file_name, image.id) for image in manifest.images]
    if list(zip(table["file_name"], table["id"], strict=True)) != listed:
        return [ReleaseError(f"{METADATA} does not list the images that {MANIFEST} lists")]
    if Counter(table["split"]) != Counter(manifest.counts):
        return [ReleaseError(f"{METADATA} and {MANIFEST} do not count the same images in each split")]
    return _unnamed_maps(table, manifest)


def rules_fault(release: Path) -> ReleaseError | None:
    """What is wrong with the tasks file, which a hash has proved to be the manifest's."""
    try:
        read_yaml(release / TASKS, dict[str, Any], "it is no tasks file", VerificationError)
    except VerificationError as error:
        return ReleaseError(str(error))
    return None


def _parsed(content: bytes) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a row of more cells than the header
            table = pd.read_csv(
                io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8", index_col=False
            )
    except (ValueError, OverflowError, MemoryError, pd.errors.ParserWarning) as error:
        reason = " ".join(str(error).split())
        raise ReleaseError(f"{METADATA} cannot be read ({reason})") from error
    absent = [name for name in _COLUMNS if name not in table.columns]
    if absent:
        raise ReleaseError(f"{METADATA} has no column '{absent[0]}'")
    return table


def _unnamed_maps(table: pd.DataFrame, manifest: Manifest) -> list[ReleaseError]:
    """Label maps that belong to no image."""
    maps = {file.file_name for file in manifest.labels} - {TASKS}
    for name in table.columns if maps else ():
        maps -= {*table[name]}
    return [ReleaseError(f"{quoted(name)} is the label of no image in {METADATA}") for name in sorted(maps)]
