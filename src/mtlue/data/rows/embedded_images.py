"""Images inside Parquet files: written out once, as files that everything else reads as any others."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from mtlue.data.files.unpacking import Unpacked, unpacked
from mtlue.data.rows.parts import TablePart
from mtlue.errors import InputError, way
from mtlue.files import named_errors, write_json
from mtlue.imaging.formats import ARRAY_SUFFIX, SUFFIXES, is_array
from mtlue.imaging.signatures import ARRAY_START, suffix_from_bytes
from mtlue.structured import read_json
from mtlue.tables.parquet import opened, picture_columns, values_of

FOLDER = "parquet"
"""Below the cache: a folder for each state of the files that images came from."""
INDEX = ".names.json"
_ROWS = 64
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Embedded:
    """Where the images of Parquet files were written.

    Attributes:
        place: the folder.
        main: for each table, the column that holds the images themselves.
        names: for each table, column -> path below the root for each row, None where there is no image.
    """

    place: Unpacked
    main: list[str]
    names: list[dict[str, list[str | None]]]

    @property
    def root(self) -> Path:
        """The folder."""
        return self.place.root


def unpack(parts: Sequence[TablePart], main: Sequence[str], cache: Path | None) -> Embedded | None:
    """Write out the images that Parquet tables hold; None where they hold none.

    A file is named as the tables say, where they name each once and all are safe paths; else by the number of its row,
    counted through all tables. No folder is named for a split: Hugging Face would then read a release by its folders
    instead of its table. Images of columns other than the main one lie in a folder named like the column.

    Args:
        main: names of columns that may hold the images themselves, the likeliest first.
        cache: folder to keep them in, one for each state (path, length, time of change) of the tables; a temporary one,
            removed when the process ends, where there is none.

    Raises:
        InputError: a table cannot be read, or only some hold images.
        OutputError: the images cannot be written.
    """
    columns = [images_in(part.path) for part in parts]
    if not any(columns):
        return None
    for part, pictures in zip(parts, columns, strict=True):
        if not pictures:
            other = " or ".join(way(labels=one.path) for one, held in zip(parts, columns, strict=True) if held)
            raise InputError(f"{part.path} holds no images, but other tables do: read one alone: {other}")
    main_columns = [next((name for name in main if name in pictures), pictures[0]) for pictures in columns]
    place = unpacked(
        FOLDER,
        [part.path for part in parts],
        lambda folder: write_json(folder / INDEX, write_images(folder, parts, columns, main_columns)),
        cache,
        key=main_columns,
    )
    remedy = f"delete {place.root} and run again"
    return Embedded(place, main_columns, read_json(place.root / INDEX, list[dict[str, list[str | None]]], remedy))


def images_in(path: Path) -> list[str]:
    """The columns of a table that hold encoded images; none where it is not a Parquet file.

    Raises:
        InputError: it cannot be read.
    """
    if path.suffix.lower() != ".parquet":
        return []
    with _readable(path) as file:
        return picture_columns(file)


@contextmanager
def _readable(path: Path) -> Iterator[pq.ParquetFile]:
    """A Parquet file, with errors that name it."""
    try:
        with opened(path) as file:
            yield file
    except ValueError as error:
        raise InputError(f"{path} cannot be read as a table of labels: {error}") from error


def write_images(
    root: Path, parts: Sequence[TablePart], columns: Sequence[Sequence[str]], main_columns: Sequence[str]
) -> list[dict[str, list[str | None]]]:
    """Write the images of Parquet files into a folder, named as :func:`unpack` says.

    Args:
        root: the folder.
        parts: the files.
        columns: of each, those that hold images.
        main_columns: of each, the one whose images lie in the folder itself.

    Returns:
        For each file, column -> path below the folder for each row, None where there is no image.

    Raises:
        InputError: a file cannot be read.
        OutputError: an image cannot be written.
    """
    names: list[dict[str, list[str | None]]] = [{} for _ in parts]
    for column in dict.fromkeys(name for pictures in columns for name in pictures):
        having = [number for number, pictures in enumerate(columns) if column in pictures]
        stated = iter(stated_names([parts[number].path for number in having], column))
        for number in having:
            folder = PurePosixPath("" if column == main_columns[number] else safe_name(column) or "others")
            names[number][column] = [
                None if content is None else _write_file(root, folder, name, content)
                for content, name in zip(_contents(parts[number].path, column), stated, strict=False)
            ]
    return names


def _write_file(root: Path, folder: PurePosixPath, name: str, content: bytes) -> str:
    named = has_image_suffix(name) or (is_array(PurePosixPath(name)) and content.startswith(ARRAY_START))
    place = folder / (name if named else name + (suffix_from_bytes(content) or ".img"))
    with named_errors(root / place):
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        with (root / place).open("xb") as stream:  # never over another image
            stream.write(content)
    return place.as_posix()


def has_image_suffix(name: str) -> bool:
    """Whether a file's name ends as that of an image does, not of an array."""
    suffix = PurePosixPath(name).suffix.lower()
    return suffix in SUFFIXES and suffix != ARRAY_SUFFIX


def _contents(path: Path, column: str) -> Iterator[bytes | None]:
    with _readable(path) as file:
        for value in values_of(file, column, rows=_ROWS):
            yield (value["bytes"] if isinstance(value, dict) else value) or None


def stated_names(tables: Sequence[Path], column: str) -> list[str]:
    """A name for each row of all tables: their own where they are safe and no two alike, else the row's number."""
    stated = [safe_name(path) if path else None for table in tables for path in _paths(table, column)]
    own = [name for name in stated if name is not None]
    whole = all(map(has_image_suffix, own))  # others are given one, and may meet those that have it
    different = {(name if whole else str(PurePosixPath(name).with_suffix(""))).casefold() for name in own}
    if len(different) == len(stated):
        return own
    return [f"{row:08d}" for row in range(len(stated))]


def _paths(path: Path, column: str) -> Iterator[str | None]:
    with _readable(path) as file:
        kind = file.schema_arrow.field(column).type
        if not pa.types.is_struct(kind) or kind.get_field_index("path") < 0:
            yield from [None] * file.metadata.num_rows
            return
        for batch in file.iter_batches(columns=[f"{column}.path"], use_threads=False):
            values = batch.column(batch.schema.get_field_index(column)).to_pylist()
            yield from (value and value["path"] for value in values)


def safe_name(path: str) -> str | None:
    """The part of a path that stays below a folder and that every file system accepts; None where there is none."""
    plain = PurePosixPath(path.replace("\\", "/"))
    inside = not plain.is_absolute() and ".." not in plain.parts and ":" not in path
    name = str(plain) if inside else plain.name
    fits = all(len(part.encode("utf-8", "replace")) <= _LONGEST_NAME for part in PurePosixPath(name).parts)
    return name if name.strip(" .") and name.isprintable() and fits else None
