"""Tables paired with the images that they name: one row an image, columns of text."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

import pandas as pd

from mtlue.data.columns.masks import is_mask_column
from mtlue.data.files.folders import find_files, locate
from mtlue.data.listing import Skipped
from mtlue.data.options import DataOptions
from mtlue.data.rows.embedded_images import Embedded, unpack
from mtlue.data.rows.naming import FileIndex
from mtlue.data.rows.parts import Part, note_together
from mtlue.data.rows.reading import FILE, ROW, Rows, existing
from mtlue.errors import InputError
from mtlue.imaging.formats import SUFFIXES
from mtlue.tables.cells import shown
from mtlue.tables.reading import UNNAMED, LabelTable, read_labels
from mtlue.tables.separated import no_header

IMAGE_COLUMNS = ("file_name", "filename", "file", "image", "image_path", "path", "img", "image_id", "name")
_SEARCHED_ROWS = 200


@dataclass(frozen=True)
class _Folder:
    """The files below a folder, looked for once."""

    root: Path

    @cached_property
    def files(self) -> list[str]:
        return find_files(self.root)

    @cached_property
    def index(self) -> FileIndex:
        return FileIndex(self.files, self.root.resolve().name)


@dataclass(frozen=True)
class _Read:
    """A part's columns as stripped text with those of our own; the column that names images; notes."""

    frame: pd.DataFrame
    image_column: str
    notes: Sequence[str]
    separator: str | None


@dataclass(frozen=True)
class _Pictures:
    """Files of a table's embedded images: the column that is the image itself, and each such column's paths."""

    main: str = ""
    names: dict[str, list[str | None]] = field(default_factory=dict)


def paired_rows(parts: Sequence[Part], root: Path, options: DataOptions) -> Rows:
    """The rows of tables whose images exist, with the others' reasons.

    Raises:
        InputError: a table cannot be read, or none of its rows has a usable image.
    """
    wanted = [options.image_column] if options.image_column else []
    embedded = unpack(parts, (*wanted, *IMAGE_COLUMNS), options.cache_folder())
    place = root if embedded is None else embedded.root
    inside = [_Pictures()] * len(parts) if embedded is None else map(_Pictures, embedded.main, embedded.names)
    folder = _Folder(place)
    read = [_read_part(part, folder, options, pictures) for part, pictures in zip(parts, inside, strict=True)]
    frame = pd.concat([one.frame for one in read], ignore_index=True)
    frame = frame.astype(object).where(frame.notna(), None)
    splits = [part.split for part, one in zip(parts, read, strict=True) for _ in range(len(one.frame))]
    rows = _usable_rows(frame, folder, " and ".join(str(part.path) for part in parts), splits)
    notes = [*note_together(root, parts), *(note for one in read for note in one.notes)]
    if embedded is not None:
        notes += _said_of(embedded, rows, root, kept=options.cache_folder() is not None)
    columns = frozenset(one.image_column for one in read)
    notes = [*dict.fromkeys(notes), *rows.notes]
    return replace(rows, image_columns=columns, notes=notes, separator=_separator([one.separator for one in read]))


def _separator(separators: Sequence[str | None]) -> str | None:
    """Tables' own where it is one; a comma, which proves the least, where they differ; None where one has none."""
    different = {*separators}
    return None if None in different else separators[0] if len(different) == 1 else ","


def _said_of(embedded: Embedded, rows: Rows, root: Path, kept: bool) -> list[str]:
    """Where images out of tables are; and that files beside them are not read."""
    how_long = "stay there: delete it when you no longer need it" if kept else "are removed when this command ends"
    beside = find_files(root)
    ignored = f"; the {len(beside)} image file(s) in {root} are not read" if beside else ""
    count = f"{len(rows.frame)} images inside Parquet files"
    return [f"{count} were unpacked, clean, into {embedded.root}, and {how_long}{ignored}"]


def _read_part(part: Part, place: _Folder, options: DataOptions, pictures: _Pictures) -> _Read:
    root = place.root
    table = read_labels(part.path)
    if table.separator is not None and not {*IMAGE_COLUMNS} & {*map(str.lower, table.frame.columns)}:
        _refuse_row_as_header(table, part.path, place.index)
    frame = pd.concat([table.frame, pd.DataFrame(pictures.names, dtype=object)], axis=1)
    if frame.empty:
        raise InputError(f"{part.path} has no rows: there is nothing to read")
    folder = root if pictures.names else root / part.folder
    try:
        image = pictures.main or _image_column(frame, part.path, folder, options.image_column)
    except InputError as error:  # what was left out on the way may say why
        raise InputError("; ".join([str(error), *table.notes])) from error
    names = [name for name in frame.columns if name != image]
    unnamed = [name for name in names if UNNAMED.fullmatch(name)]
    cells = {
        name: list(frame[name]) if table.verbatim else _stripped(list(frame[name]))
        for name in names
        if name not in unnamed
    }
    where = f" in {part.folder}" if part.folder else ""
    words = [f"row {number} of {part.path.name}{where}" for number in range(1, len(frame) + 1)]
    result = pd.DataFrame({**cells, FILE: frame[image], ROW: words}, index=frame.index, dtype=object)
    if part.folder and not pictures.names:
        masks = [name for name in cells if is_mask_column(result[name], folder)]
        for name in (FILE, *masks):
            result[name] = [
                posixpath.join(part.folder, cell.replace("\\", "/")) if cell else None for cell in result[name]
            ]
    notes = [f"column '{name}' of {part.path.name} has no name of its own: it is not protected" for name in unnamed]
    return _Read(result, image, [*table.notes, *notes], table.separator)


def _refuse_row_as_header(table: LabelTable, path: Path, index: FileIndex) -> None:
    """Refuse a table whose first line names an image as the other lines do.

    Raises:
        InputError: it does.
    """
    for name in table.frame.columns:
        image, _ = index.find(name)
        if image is None:
            continue
        below = [index.find(cell)[0] for cell in _some(table.frame[name])]
        if image not in below and 2 * sum(file is not None for file in below) > len(below):
            fault = no_header(name, len(table.frame.columns), table.separator or ",")
            raise InputError(f"{path} cannot be read as a table of labels: {fault}")


def _usable_rows(frame: pd.DataFrame, folder: _Folder, name: str, splits: Sequence[str | None]) -> Rows:
    """Rows whose file lies inside the folder and exists; the others, with reasons; and files that no row names."""
    skipped, keep, paths, respelled = [], [], [], []
    for row, (file, words) in enumerate(zip(frame[FILE], frame[ROW], strict=True)):
        path, reason = locate(folder.root, file) if file else (None, "it names no file")
        if path is None and file:
            path, unclear = folder.index.find(file)
            reason = unclear or reason
            respelled += [(file, path)] if path else []
        if path is None:
            skipped.append(Skipped(f"{words} ({shown(file or 'no file')})", reason))
        else:
            keep.append(row)
            paths.append(path)
    if not keep:
        raise InputError(f"no row of {name} has a usable image ({skipped[0].name}: {skipped[0].reason})")
    usable = frame.iloc[keep].reset_index(drop=True).assign(**{FILE: paths})
    cells = {cell for column in frame.columns if column != ROW for cell in set(frame[column].tolist()) if cell}
    named = {posixpath.normpath(cell.strip()) for cell in cells} | {*paths}
    skipped += [Skipped(file, "no row names it") for file in sorted(set(folder.files) - named)]
    notes = [_respelled_note(respelled)] if respelled else []
    known = [splits[row] for row in keep]
    whole = [split for split in known if split is not None]
    return Rows(usable, folder.root, name, whole if len(whole) == len(known) else None, skipped, notes)


def _respelled_note(respelled: Sequence[tuple[str, str]]) -> str:
    file, path = respelled[0]
    return (
        f"{len(respelled)} row(s) name their image by another spelling than its path, such as '{file}' for {path}: "
        "the one file that it can mean is used"
    )


def _image_column(frame: pd.DataFrame, table: Path, root: Path, given: str | None) -> str:
    """The column given; else the first whose cells are files; that look like files; or that files are called after."""
    if given is not None:
        return existing(frame, given, str(table), "--image-column")
    usual = [name for name in IMAGE_COLUMNS if name in frame.columns]
    columns = [*usual, *(str(name) for name in frame.columns if name not in usual)]
    for name in columns:
        if any(locate(root, value)[0] for value in _some(frame[name])):
            return name
    for name in columns:
        if any(Path(value).suffix.lower() in SUFFIXES for value in _some(frame[name])):
            return name
    index = _Folder(root).index
    for name in columns:
        hits = [index.find(value) != (None, "") for value in _some(frame[name])]
        if sum(hits) > len(hits) // 2 and frame[name].dropna().is_unique:
            return name
    raise InputError(
        f"no column of {table} names image files in {root} (columns: {', '.join(columns[:20]) or 'none'}): "
        "say which one with --image-column"
    )


def _some(column: "pd.Series[str]") -> list[str]:
    return list(islice((cell for cell in column if cell), _SEARCHED_ROWS))


def _stripped(cells: list[str | None]) -> list[str | None]:
    plain = {cell: cell and cell.strip() for cell in set(cells)}
    return [plain[cell] for cell in cells]
