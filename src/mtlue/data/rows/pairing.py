"""Tables paired with the images that they name: one row per image, columns of text. Imports no torch."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from mtlue.data.columns.file_columns import is_file_column
from mtlue.data.files.folders import find_files, locate
from mtlue.data.listing import Skipped
from mtlue.data.options import DataOptions
from mtlue.data.rows.embedded_images import Embedded, unpack
from mtlue.data.rows.image_files import IMAGE_COLUMNS, ImageFiles, first_cells, image_column
from mtlue.data.rows.image_paths import named_from
from mtlue.data.rows.naming import FileIndex
from mtlue.data.rows.parts import TablePart, note_together
from mtlue.data.rows.rows import FILE, ROW, Rows, require_column, require_images_in
from mtlue.data.rows.split_column import NO_COLUMN
from mtlue.errors import InputError
from mtlue.faults import Faults, listed
from mtlue.tables.cells import is_release, shown_cell, stripped
from mtlue.tables.reading import UNNAMED, LabelTable, read_label_table
from mtlue.tables.separated import no_header
from mtlue.wording import counted


@dataclass(frozen=True)
class _PartRows:
    """A part's columns as stripped text with those of our own; the column that names images; notes."""

    frame: pd.DataFrame
    image_column: str
    notes: Sequence[str]
    separator: str | None


@dataclass(frozen=True)
class _EmbeddedColumns:
    """Files of a table's embedded images: the column that is the image itself, and each such column's paths."""

    main: str = ""
    names: dict[str, list[str | None]] = field(default_factory=dict)


def paired_rows(parts: Sequence[TablePart], root: Path, options: DataOptions) -> Rows:
    """The rows of tables whose images exist, with the others' reasons.

    Raises:
        InputError: tables cannot be read (all of them are named), or none of their rows has a usable image.
    """
    wanted = [options.image_column] if options.image_column else []
    embedded = unpack(parts, (*wanted, *IMAGE_COLUMNS), options.cache_folder())
    files = ImageFiles(root if embedded is None else embedded.root)
    found = Faults()
    with found.told_together():
        read = _read_parts(parts, files, options, embedded, found)
        frame = pd.concat([one.frame for one in read], ignore_index=True)
        frame = frame.astype(object).where(frame.notna(), None)
        splits = [part.split for part, one in zip(parts, read, strict=True) for _ in range(len(one.frame))]
        rows = _usable_rows(frame, files, " and ".join(str(part.path) for part in parts), splits)
    notes = [*note_together(root, parts), *(note for one in read for note in one.notes)]
    if embedded is not None:
        clean = not any(is_release(part.path) for part in parts)
        notes += _notes_on_unpacked(embedded, rows, root, clean)
    return replace(
        rows,
        image_columns=frozenset(one.image_column for one in read),
        notes=[*dict.fromkeys(notes), *rows.notes],
        separator=_separator([one.separator for one in read]),
        faults=found.texts,
    )


def _read_parts(
    parts: Sequence[TablePart], files: ImageFiles, options: DataOptions, embedded: Embedded | None, found: Faults
) -> list[_PartRows]:
    columns = [_EmbeddedColumns()] * len(parts)
    if embedded is not None:
        columns = [*map(_EmbeddedColumns, embedded.main, embedded.names)]
    faults = Faults()
    read = []
    for part, pictures in zip(parts, columns, strict=True):
        with faults.gathered():
            read.append(_read_part(part, files, options, pictures, found))
    faults.check()
    return read


def _separator(separators: Sequence[str | None]) -> str | None:
    """The tables' own; a comma, which proves the least, where they differ; None where one of them has none."""
    different = {*separators}
    return None if None in different else separators[0] if len(different) == 1 else ","


def _notes_on_unpacked(embedded: Embedded, rows: Rows, root: Path, clean: bool) -> list[str]:
    """Where the images of tables, ``clean`` or not, were written; and that files in the data folder are not read."""
    beside = find_files(root)
    ignored = f"; not read: {counted(len(beside), 'image file')} in {root}" if beside else ""
    images = f"{counted(len(rows.frame), 'image')} inside Parquet files"
    return [embedded.place.note(images, clean=clean) + ignored]


def _read_part(
    part: TablePart, files: ImageFiles, options: DataOptions, pictures: _EmbeddedColumns, found: Faults
) -> _PartRows:
    table = read_label_table(part.path, found)
    if table.separator is not None and not {*IMAGE_COLUMNS} & {*map(str.lower, table.frame.columns)}:
        _refuse_row_as_header(table, part.path, files.index)
    frame = pd.concat([table.frame, pd.DataFrame(pictures.names, dtype=object)], axis=1)
    if frame.empty:
        found.check()
        raise InputError(f"{part.path} has no rows: there is nothing to read")
    folder = files.root if pictures.names else files.root / part.folder
    if pictures.main and not part.beside:
        require_images_in(
            options, pictures.main, [name for name in frame.columns if name != pictures.main], part.path.name
        )
    image = pictures.main or _image_column(frame, table, part, folder, options)
    names = [name for name in frame.columns if name != image]
    unnamed = [name for name in names if UNNAMED.fullmatch(name)]
    cells = {
        name: list(frame[name]) if table.verbatim else stripped(list(frame[name]))
        for name in names
        if name not in unnamed
    }
    result = pd.DataFrame(
        {**cells, FILE: frame[image], ROW: _row_names(part, table, len(frame))}, frame.index, dtype=object
    )
    notes: list[str] = []
    if part.folder and not pictures.names:
        base, notes = named_from(part, result[FILE], files)
        _prefix_paths(result, [*cells], base, files.root / base)
    notes += [f"column '{name}' of {part.path.name} has no name of its own: it is not protected" for name in unnamed]
    return _PartRows(result, image, [*table.notes, *notes], table.separator)


def _row_names(part: TablePart, table: LabelTable, count: int) -> list[str]:
    where = f" in {part.folder}" if part.folder else ""
    return [f"{table.place(row)} of {part.path.name}{where}" for row in range(count)]


def _prefix_paths(frame: pd.DataFrame, names: Sequence[str], folder: str, place: Path) -> None:
    """Make paths below a folder paths below the root, in the columns of images and of masks."""
    masks = [name for name in names if is_file_column(frame[name], place)]
    for name in (FILE, *masks):
        frame[name] = [posixpath.join(folder, cell.replace("\\", "/")) if cell else None for cell in frame[name]]


def _image_column(frame: pd.DataFrame, table: LabelTable, part: TablePart, folder: Path, options: DataOptions) -> str:
    """The column that names images.

    Raises:
        InputError: there is none; other columns that options name and that are absent are named as well.
    """
    faults = Faults()
    try:
        elsewhere = part.beside and options.image_column not in frame.columns
        return image_column(frame, part.path, folder, None if elsewhere else options.image_column)
    except InputError as error:  # what was left out on the way may say why
        faults.add("; ".join([error.text, *table.notes]))
    for option in ("id_column", "split_column"):
        name = getattr(options, option)
        if name is not None and name not in ("file", NO_COLUMN):
            with faults.gathered():
                require_column(frame, name, str(part.path), option)
    faults.check()
    raise AssertionError("unreachable: the absent image column is a fault")


def _refuse_row_as_header(table: LabelTable, path: Path, index: FileIndex) -> None:
    """Refuse a table whose first line names an image as the other lines do.

    Raises:
        InputError: it does.
    """
    for name in table.frame.columns:
        image, _ = index.find(name)
        if image is None:
            continue
        below = [index.find(cell)[0] for cell in first_cells(table.frame[name])]
        if image not in below and 2 * sum(file is not None for file in below) > len(below):
            fault = no_header(name, len(table.frame.columns), table.separator or ",")
            raise InputError(f"{path} cannot be read as a table of labels: {fault}")


def _usable_rows(frame: pd.DataFrame, files: ImageFiles, name: str, splits: Sequence[str | None]) -> Rows:
    """Rows whose file lies inside the folder and exists; the others, with reasons; and files that no row names."""
    skipped, keep, paths, respelled = [], [], [], []
    for row, (file, row_name) in enumerate(zip(frame[FILE], frame[ROW], strict=True)):
        path, reason = locate(files.root, file) if file else (None, "it names no file")
        if path is None and file:
            path, unclear = files.index.find(file)
            rest = files.index.also_tried(file)
            reason = unclear or reason + (f", and no {shown_cell(rest)}" if rest else "")
            respelled += [(file, path)] if path else []
        if path is None:
            skipped.append(Skipped(f"{row_name} ({shown_cell(file or 'no file')})", reason))
        else:
            keep.append(row)
            paths.append(path)
    lost = [f"{one.name}: {one.reason}" for one in skipped]
    if not keep:
        raise InputError(f"no row of {name} has a usable image ({listed(lost)})")
    usable = frame.iloc[keep].reset_index(drop=True).assign(**{FILE: paths})
    skipped += [Skipped(file, "no row names it") for file in _unnamed_files(frame, files, paths)]
    notes = [_respelled_note(respelled)] if respelled else []
    given = [splits[row] for row in keep]
    present = [split for split in given if split is not None]
    known = present if len(present) == len(given) else None
    lost_rows = frame.drop(index=keep) if lost else None
    return Rows(usable, files.root, name, known, skipped, notes, lost=lost, lost_rows=lost_rows)


def _unnamed_files(frame: pd.DataFrame, files: ImageFiles, paths: Sequence[str]) -> list[str]:
    """Files that no cell of the table names."""
    cells = {cell for column in frame.columns if column != ROW for cell in set(frame[column].tolist()) if cell}
    return sorted(set(files.names) - {posixpath.normpath(cell.strip()) for cell in cells} - {*paths})


def _respelled_note(respelled: Sequence[tuple[str, str]]) -> str:
    file, path = respelled[0]
    without = {Path(path).stem: "without its folder or suffix", Path(path).name: "without its folder"}
    how = without.get(file, "by another name than its path")
    rows = counted(len(respelled), "row gives the image", "rows give the image")
    return f"{rows} {how} ('{file}'): matched to the only file that it can mean ({path})"
