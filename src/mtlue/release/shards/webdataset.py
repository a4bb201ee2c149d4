"""Released shards as WebDataset tars: of each image ``KEY.png``, ``KEY.json`` with its labels, and its label maps."""

import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from mtlue.release.checks.faults import ReleaseError
from mtlue.release.layout import LABELS
from mtlue.release.manifest import Manifest
from mtlue.release.names import quoted_text
from mtlue.release.shards.packing import FILE_NAME, Packing, Part, inner

_JSON = "json"
_LARGEST_JSON = 2**24
"""Bytes of an image's labels."""


class TarPacking(Packing):
    """The format ``webdataset``."""

    suffix = ".tar"

    def write(self, part: Part, folder: Path, path: Path) -> None:
        with tarfile.open(path, "w:", format=tarfile.PAX_FORMAT) as archive:
            for name, place in _members(part):
                content = place.encode() if name.endswith(f".{_JSON}") else (folder / place).read_bytes()
                archive.addfile(_member(name, len(content)), io.BytesIO(content))

    def read(self, path: Path, manifest: Manifest, folder: Path) -> Mapping[str, Sequence[str]]:
        try:
            columns = _extract(path, manifest, folder)
            _check_nothing_else(path, Part(manifest, columns, _maps_in(columns, manifest)), self, folder)
        except (tarfile.TarError, EOFError, ValueError, RecursionError) as error:
            raise ReleaseError(f"{path.name}: it is damaged, or is not such a shard ({error})") from error
        return columns


def _members(part: Part) -> Iterator[tuple[str, str]]:
    """Each member's name with the file that it is made of, or with its text."""
    prefix = part.manifest.metadata_sha256[:12]
    for row, image in enumerate(part.columns[FILE_NAME]):
        key = f"{prefix}-{row:06d}"
        labels = {name: cells[row] for name, cells in part.columns.items()}
        files = {name: f"{key}.{_map_extension(labels[name])}" for name in part.maps if labels[name]}
        yield f"{key}{PurePosixPath(image).suffix}", image
        yield f"{key}.{_JSON}", json.dumps(labels | files, ensure_ascii=False)
        yield from ((files[name], labels[name]) for name in sorted(files))


def _map_extension(place: str) -> str:
    """``depth.npy`` for ``labels/depth/a.npy``."""
    return f"{PurePosixPath(place).parts[1]}{PurePosixPath(place).suffix}"


def _member(name: str, length: int) -> tarfile.TarInfo:
    """A header without owner, time or mode of the file."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = length, 0o644
    return member


def _extract(path: Path, manifest: Manifest, folder: Path) -> dict[str, list[str]]:
    columns: dict[str, list[str]] = {}
    allowed = manifest.map_names()
    with tarfile.open(path, "r:") as archive:
        members = iter(archive)
        for image in manifest.images:
            _write(archive, next(members, None), folder / image.file_name)
            labels = _labels(archive, next(members, None))
            for name, cell in labels.items():
                if name != FILE_NAME and (place := _map_of(cell, image.file_name)) in allowed:
                    labels[name] = place
            if labels.get(FILE_NAME) != image.file_name or (columns and [*columns] != [*labels]):
                raise ValueError("its samples are not those of its manifest")
            for place in (labels[name] for name in sorted(labels) if labels[name] in allowed):
                _write(archive, next(members, None), folder / place)
            for name, cell in labels.items():
                columns.setdefault(name, []).append(cell)
    return columns


def _map_of(cell: str, image: str) -> str:
    """The label map that a member's name stands for: ``labels/depth/a.npy`` for ``KEY.depth.npy``."""
    name, _, suffix = cell.partition(".")[2].rpartition(".")
    return f"{LABELS}/{name}/{inner(image)}.{suffix}"


def _maps_in(columns: Mapping[str, Sequence[str]], manifest: Manifest) -> frozenset[str]:
    """The columns that name a label map; one whose cells are all "" has no member either way."""
    allowed = manifest.map_names()
    return frozenset(name for name, cells in columns.items() if name != FILE_NAME and not allowed.isdisjoint(cells))


def _labels(archive: tarfile.TarFile, member: tarfile.TarInfo | None) -> dict[str, str]:
    if member is None or not member.isreg() or member.size > _LARGEST_JSON:
        raise ValueError("an image has no labels")
    labels = json.loads(_content(archive, member))
    texts = isinstance(labels, dict) and all(isinstance(cell, str) for cell in labels.values())
    if not texts:
        raise ValueError(f"{quoted_text(member.name)} does not hold labels")
    return dict(labels)


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = archive.extractfile(member)
    content = b"" if stream is None else stream.read()
    if len(content) != member.size:
        raise ValueError(f"{quoted_text(member.name)} is cut off")
    return content


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo | None, place: Path) -> None:
    if member is None or not member.isreg() or member.issparse():
        raise ValueError("it does not hold the files that its manifest lists")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(_content(archive, member))


def _check_nothing_else(path: Path, part: Part, packing: TarPacking, folder: Path) -> None:
    """Refuse anything between, before or after the members: the same files make the same tar, byte for byte."""
    again = folder / ".again.tar"
    try:
        packing.write(part, folder, again)
        if not _same(path, again):
            raise ValueError("it holds more than its files, or in another order")
    finally:
        with suppress(OSError):
            again.unlink()


def _same(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while block := first.read(2**20):
            if block != second.read(2**20):
                return False
    return True
