"""WebDataset tars: members that share a key are a sample, its image and its labels (.json, .cls, .txt)."""

import json
import shutil
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mtlue.data.rows.embedded_images import has_image_suffix, safe_name
from mtlue.data.shards.reading import Pictures, ShardReader, ShardTable
from mtlue.errors import InputError
from mtlue.files import named_errors
from mtlue.imaging.formats import ARRAY_SUFFIX
from mtlue.tables.cells import ObjectCellError, RawCell, cell_of, has_half_a_character
from mtlue.tables.lists import joined
from mtlue.tables.raw import RawTable
from mtlue.tables.reading import as_label_table

IMAGE = "image"
"""What the member is called here whose name says nothing but its key: ``00.png``."""
TEXTS = ("cls", "txt", "text", "caption")
"""Members that are one label each."""
JSON = "json"
LARGEST_TEXT = 2**24
"""Bytes of a member of labels."""
_BLOCK = 512
_REPAIR = "write the shard again"


@dataclass(frozen=True)
class Sample:
    """The members of one key, by what follows it: ``png``, ``depth.npy``, ``json``."""

    key: str
    members: Mapping[str, tarfile.TarInfo]

    @property
    def pictures(self) -> dict[str, str]:
        """Column -> the member that is its image or label map."""
        named: dict[str, str] = {}
        for extension in self.members:
            if not _is_picture(extension):
                continue
            column = extension.rpartition(".")[0] or IMAGE
            if column in named:
                raise ValueError(f"has two images, {named[column]} and {extension}: keep one of them")
            named[column] = extension
        return named


class TarShards(ShardReader):
    """The kind ``webdataset``."""

    suffix = ".tar"

    def table(self, path: Path, main: Sequence[str]) -> ShardTable:
        with opened(path) as archive:
            samples = list(read_samples(archive, path))
            columns = _columns(archive, path, samples)
        pictures = _pictures(path, samples, main)
        _replace_member_names(columns, pictures, samples)
        raw, notes = _as_texts(path, columns)
        table = as_label_table(path, RawTable([*raw], [*raw.values()], (*notes, *_unread(path, samples))))
        return ShardTable(table, pictures, [f"sample {sample.key}" for sample in samples])

    def unpack(self, path: Path, main: Sequence[str], folder: Path) -> Pictures:
        with opened(path) as archive:
            samples = list(read_samples(archive, path))
            pictures = _pictures(path, samples, main)
            for row, sample in enumerate(samples):
                for column, extension in sample.pictures.items():
                    place = pictures.names[column][row]
                    assert place is not None
                    _extract(archive, sample.members[extension], folder / place)
            _replace_member_names(_columns(archive, path, samples), pictures, samples)
        return pictures


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    """A tar, not compressed, that is whole as far as its length tells.

    Raises:
        InputError: it is not such a file, or is damaged, now or inside the context.
    """
    try:
        with path.open("rb") as stream:
            stream.seek(-2 * _BLOCK, 2)
            if stream.read().strip(b"\0"):
                raise InputError(f"{path} is cut off, or is not a tar: it has no end. {_REPAIR.capitalize()}")
        with tarfile.open(path, "r:") as archive:
            yield archive
    except (tarfile.TarError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not a tar, or is damaged ({error}): {_REPAIR}") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read as a tar ({error.strerror or error}): {_REPAIR}") from error


def read_samples(archive: tarfile.TarFile, path: Path) -> Iterator[Sample]:
    """The samples in their order; members of one key follow each other.

    Raises:
        InputError: a member is not a plain file below the archive, or a key or a member appears twice.
    """
    seen: set[str] = set()
    key, members = "", dict[str, tarfile.TarInfo]()
    for member in archive:
        if member.isdir() or PurePosixPath(member.name).name.startswith("."):
            continue
        _check_member(member, path)
        own, extension = _parts(member.name)
        if own != key and members:
            yield Sample(key, members)
            members = {}
        key = own
        if not members and key in seen:
            raise InputError(f"{path}: key '{key}' appears twice: members of one sample must follow each other")
        if extension in members:
            raise InputError(f"{path}: member {member.name} appears twice: {_REPAIR}")
        seen.add(key)
        members[extension] = member
    if members:
        yield Sample(key, members)


def _check_member(member: tarfile.TarInfo, path: Path) -> None:
    place = PurePosixPath(member.name.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or ":" in member.name:
        raise InputError(f"{path}: member {member.name} points outside the shard: {_REPAIR} without it")
    if not member.isreg() or member.issparse():
        raise InputError(f"{path}: member {member.name} is not a plain file, but a link or a device: {_REPAIR}")


def _parts(name: str) -> tuple[str, str]:
    """A member's key and what follows it: up to the first point of the file's own name."""
    folder, slash, own = name.removeprefix("./").rpartition("/")
    stem, _, extension = own.partition(".")
    return f"{folder}{slash}{stem}", extension


def _is_picture(extension: str) -> bool:
    name = f"x.{extension.lower()}"
    return has_image_suffix(name) or ("." in extension and name.endswith(ARRAY_SUFFIX))


def _pictures(path: Path, samples: Sequence[Sample], main: Sequence[str]) -> Pictures:
    if not samples:
        raise InputError(f"{path} is empty: leave it out")
    found = []
    for sample in samples:
        try:
            found.append(sample.pictures)
        except ValueError as error:
            raise InputError(f"{path}: sample {sample.key} {error}") from error
    columns = list(dict.fromkeys(name for one in found for name in one))
    image = next((name for name in (*main, IMAGE) if name in columns), next(iter(columns), None))
    if image is None:
        raise InputError(f"{path} holds no images: a sample is an image and its labels, such as 00.png and 00.json")
    keys = _file_names([sample.key for sample in samples])
    names = {
        column: [_place(column, image, key, one.get(column)) for key, one in zip(keys, found, strict=True)]
        for column in columns
    }
    return Pictures(image, names)


def _file_names(keys: Sequence[str]) -> list[str]:
    """The keys as names of files, where every file system can hold and tell all of them; else the rows' numbers."""
    fit = all(safe_name(key) == key for key in keys) and len({key.casefold() for key in keys}) == len(keys)
    return [*keys] if fit else [f"{row:08d}" for row in range(len(keys))]


def _place(column: str, image: str, key: str, extension: str | None) -> str | None:
    if extension is None:
        return None
    suffix = extension.rpartition(".")[2].lower()
    folder = "" if column == image else f"{safe_name(column) or 'others'}/"
    return f"{folder}{key}.{suffix}"


def _columns(archive: tarfile.TarFile, path: Path, samples: Sequence[Sample]) -> dict[str, list[Any]]:
    """The labels, column by column."""
    labels = [_labels(archive, path, sample) for sample in samples]
    names = dict.fromkeys(name for row in labels for name in row)
    return {name: [row.get(name) for row in labels] for name in names}


def _labels(archive: tarfile.TarFile, path: Path, sample: Sample) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for extension, member in sample.members.items():
        if extension in TEXTS:
            values[extension] = _text(archive, path, member).strip()
        elif extension == JSON:
            values |= _object(_text(archive, path, member), path, member)
    return values


def _text(archive: tarfile.TarFile, path: Path, member: tarfile.TarInfo) -> str:
    if member.size > LARGEST_TEXT:
        raise InputError(f"{path}: {member.name} has {member.size} bytes, more than any label: leave it out")
    stream = archive.extractfile(member)
    assert stream is not None
    try:
        return stream.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: {member.name} is not UTF-8 text: {_REPAIR}") from error


def _object(text: str, path: Path, member: tarfile.TarInfo) -> dict[str, Any]:
    try:
        values = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: {member.name} is not JSON ({error}): {_REPAIR}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: {member.name} is not an object of labels, {{name: label}}: {_REPAIR}")
    if has_half_a_character(values):
        raise InputError(
            f"{path}: {member.name} holds half a character (\\ud800 to \\udfff without its other half): {_REPAIR}"
        )
    return values


def _replace_member_names(columns: dict[str, list[Any]], pictures: Pictures, samples: Sequence[Sample]) -> None:
    """A label that names a member of its own sample is that member's file: its column becomes one of pictures."""
    for name, cells in [*columns.items()]:
        named = {
            column
            for cell, sample in zip(cells, samples, strict=True)
            for column, extension in sample.pictures.items()
            if cell == f"{sample.key}.{extension}"
        }
        if len(named) == 1 and (column := named.pop()) in pictures.names and column != pictures.main:
            pictures.names[name] = pictures.names.pop(column)
        if name in pictures.names:
            del columns[name]


def _as_texts(path: Path, columns: Mapping[str, Sequence[Any]]) -> tuple[dict[str, list[str | None]], list[str]]:
    texts: dict[str, list[str | None]] = {}
    notes: list[str] = []
    for name, cells in columns.items():
        try:
            raw: list[RawCell] = [cell_of(cell) for cell in cells]
            texts[name], more = joined(name, raw)
        except ObjectCellError as error:
            more = [f"column '{name}' of {path.name} holds {error}: it is left out"]
        notes += more
    return texts, notes


def _unread(path: Path, samples: Sequence[Sample]) -> list[str]:
    """A note on members that are neither images nor labels; nothing is ever unpickled."""
    read = (*TEXTS, JSON)
    counts = Counter(e for sample in samples for e in sample.members if e not in read and not _is_picture(e))
    return [f"not read: members .{name} of {path.name}" for name in counts]


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path) -> None:
    stream = archive.extractfile(member)
    assert stream is not None
    with named_errors(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as file:
            shutil.copyfileobj(stream, file)
    if place.stat().st_size != member.size:
        raise tarfile.ReadError(f"{member.name} is cut off")
