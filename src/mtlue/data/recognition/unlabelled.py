"""What to say of a folder in which nothing tells labels: what was found, and what to do. Imports no torch."""

import os
import shlex
from pathlib import Path

from mtlue.data.files.folders import ARCHIVES, find_files, unpacking
from mtlue.data.files.zipped import SUFFIX
from mtlue.data.recognition.shards import why_no_shard
from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.sources.filenames import EXAMPLE
from mtlue.errors import InputError, for_shells, param
from mtlue.faults import listed
from mtlue.tables.encodings import SAVE_AS
from mtlue.tables.reading import find_tables, read_label_table
from mtlue.wording import counted

_SHEETS = frozenset({".xlsx", ".xls", ".ods", ".json", ".xml", ".txt", ".tab", ".sqlite", ".db"})
"""What people keep labels in that no source reads."""
_TEXT = frozenset({".csv", ".tsv"})
_HEADER = 2**16
"""Bytes that a table's first two lines are looked for in."""


def no_labels(files: ImageFiles, packed: bool = False) -> str:
    """The message where a folder has no labels that are found.

    Args:
        files: of the folder.
        packed: whether they came out of an archive that was given.
    """
    root, tables = files.root, [path.name for path in find_tables(files.root)]
    advice = _linked(root, tables) if not files.names else None
    if advice:
        return advice
    if not files.names:
        return f"there is no image below {root}{_archives(root, packed)}. Give the folder that holds the images"
    found = f"{root} holds {counted(len(files.names), 'image file')}, such as {files.names[0]}"
    if tables and all(_rowless(root / name) for name in tables):
        place = "below the header of" if all(Path(name).suffix.lower() in _TEXT for name in tables) else "in"
        return f"{found}, but no row stands {place} {listed(tables)}: write one for each image"
    if tables:
        return (
            f"{found}, but no column of {listed(tables)} names them: name the column with {param('image_column')}, or "
            "correct the names"
        )
    return (
        f"{found}, but nothing that says their labels: put a table next to them (labels.csv, whose first line is "
        f"'file,species,season'), or a folder for each class; or take labels from file names ({EXAMPLE})"
        f"{_sheets(root)}"
    )


def _rowless(table: Path) -> bool:
    """Whether a table is a header at most, as text that cannot be read may be, too."""
    if table.suffix.lower() not in _TEXT:
        try:
            return read_label_table(table, rows=1).frame.empty
        except InputError:
            return False
    with table.open("rb") as stream:
        first_lines = stream.read(_HEADER).splitlines()
    return len([line for line in first_lines if line.strip()]) < 2


def _linked(root: Path, tables: list[str]) -> str | None:
    """What to do where the images lie in a folder that is linked from here; None where none does."""
    links = [path for path in sorted(root.iterdir()) if path.is_symlink() and path.is_dir()]
    target = next((Path(os.path.realpath(link)) for link in links if find_files(link)), None)
    if target is None:
        return None
    table = f" {param('labels')} {root / tables[0]}" if len(tables) == 1 else ""
    more = (
        ""
        if table or not tables
        else f", and {root}'s tables ({listed(tables)}) with {param('labels')} and, if one says train or test, "
        f"{param('split_table')}"
    )
    return (
        f"there is no image below {root} but in a linked folder, and links out of a folder are not followed: give "
        f"{param('data')} {target}{table}{more}"
    )


def _archives(root: Path, packed: bool) -> str:
    archives = [path for path in sorted(root.iterdir()) if path.suffix.lower() in {*ARCHIVES, SUFFIX}]
    if not archives:
        return ""
    names, first = listed([path.name for path in archives]), archives[0]
    if packed:
        return f", but {names}, packed once more: unpack that first"
    if first.suffix.lower() == SUFFIX:
        itself = for_shells(f" ({param('data')} {shlex.quote(str(first))})")
        return f", but {names}: give that zip file itself{itself}" + (
            "" if len(archives) == 1 else ", or unpack all of them into one folder, and give that"
        )
    unread = next(filter(None, map(why_no_shard, archives)), "")
    return f", but {names}, which must be unpacked first{for_shells(f' ({unpacking(first)})')}{unread}"


def _sheets(root: Path) -> str:
    """Files that may hold the labels, in forms that are not read as tables."""
    names = [path.name for path in sorted(root.iterdir()) if path.suffix.lower() in _SHEETS]
    return f"; {listed(names)} cannot be read as a table: {SAVE_AS}" if names else ""
