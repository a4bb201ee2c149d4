"""Released shards in Parquet as Hugging Face publishes it: a column ``image`` of ``{bytes, path}``, then the labels."""

import json
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mtlue.release.checks.faults import ReleaseError
from mtlue.release.manifest import Manifest
from mtlue.release.names import quoted_text
from mtlue.release.shards.packing import FILE_NAME, Packing, Part
from mtlue.tables.parquet import opened

_FILE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_IMAGE = "image"
"""No task has this name."""
_ROWS = 100
"""Of a row group: what a reader of one image has to decode. Hugging Face writes as many."""
_FEATURES = b"huggingface"
_WRITER = re.compile(r"parquet-cpp-arrow version \d+\.\d+\.\d+(\.dev\d+)?")
_MAGIC, _TAIL = 4, 8


class ParquetPacking(Packing):
    """The format ``parquet``."""

    suffix = ".parquet"

    def write(self, part: Part, folder: Path, path: Path) -> None:
        maps = part.maps
        schema = _schema(part.labels, maps)
        texts = [name for name in part.labels if name not in maps]
        with pq.ParquetWriter(
            path,
            schema,
            compression=dict.fromkeys(texts, "snappy"),  # images are compressed already
            use_dictionary=texts,
            write_statistics=False,
            store_schema=False,  # another copy of the same, which would have to be proved too
        ) as writer:
            writer.add_key_value_metadata(_described(schema))
            for start in range(0, len(part.manifest.images), _ROWS):
                rows = slice(start, start + _ROWS)
                columns: dict[str, list[Any]] = {_IMAGE: _files(folder, part.columns[FILE_NAME][rows])}
                for name, cells in part.labels.items():
                    here = cells[rows]
                    columns[name] = _files(folder, here) if name in maps else [cell or None for cell in here]
                writer.write_table(pa.table(columns, schema), _ROWS)

    def read(self, path: Path, manifest: Manifest, folder: Path) -> Mapping[str, Sequence[str]]:
        try:
            with opened(path) as file:
                _check_nothing_else(path, file)
                columns: dict[str, list[str]] = {FILE_NAME: []}
                for row in _rows(file):
                    _read_row(row, columns, manifest, folder)
        except ValueError as error:
            raise ReleaseError(f"{path.name}: {error}") from error
        return columns


def _schema(labels: Mapping[str, object], maps: frozenset[str]) -> pa.Schema:
    return pa.schema([(_IMAGE, _FILE), *((name, _FILE if name in maps else pa.string()) for name in labels)])


def _described(schema: pa.Schema) -> dict[bytes, bytes]:
    """What Hugging Face reads columns as: the first one is decoded, label maps come as their files."""
    texts = {name: {"dtype": kind, "_type": "Value"} for name, kind in (("bytes", "binary"), ("path", "string"))}
    features: dict[str, Any] = {
        field.name: texts if field.type == _FILE else {"dtype": "string", "_type": "Value"} for field in schema
    }
    features[schema.names[0]] = {"_type": "Image"}
    return {_FEATURES: json.dumps({"info": {"features": features}}).encode()}


def _files(folder: Path, names: Sequence[str]) -> list[dict[str, bytes | str] | None]:
    return [{"bytes": (folder / name).read_bytes(), "path": name} if name else None for name in names]


def _rows(file: pq.ParquetFile) -> Iterator[dict[str, Any]]:
    for batch in file.iter_batches(batch_size=_ROWS, use_threads=False):
        yield from batch.to_pylist()


def _read_row(row: dict[str, Any], columns: dict[str, list[str]], manifest: Manifest, folder: Path) -> None:
    """Write a row's files, and add its texts to the columns."""
    (_, image), *labels = row.items()
    position = len(columns[FILE_NAME])
    if position >= len(manifest.images) or not isinstance(image, dict):
        raise ValueError("it does not hold the images that its manifest lists")
    columns[FILE_NAME].append(_write(image, {manifest.images[position].file_name}, folder))
    for name, cell in labels:
        if isinstance(cell, dict):
            cell = _write(cell, manifest.map_names(), folder)
        columns.setdefault(name, []).append(cell or "")


def _write(cell: dict[str, Any], allowed: Container[str], folder: Path) -> str:
    name, content = cell["path"], cell["bytes"]
    if not isinstance(name, str) or not isinstance(content, bytes) or name not in allowed:
        raise ValueError(f"it holds {quoted_text(str(name))}, which its manifest does not list there")
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    return name


def _check_nothing_else(path: Path, file: pq.ParquetFile) -> None:
    """Refuse columns, texts and bytes that such a shard does not have, and texts that none of its rows has."""
    metadata = file.metadata
    schema = metadata.schema.to_arrow_schema().remove_metadata()
    if (
        not len(schema)
        or schema.field(0).type != _FILE
        or any(kind not in (_FILE, pa.string()) for kind in schema.types)
    ):
        raise ValueError("its columns are not those of a release")
    if metadata.metadata != _described(schema) or not _WRITER.fullmatch(metadata.created_by or ""):
        raise ValueError("it holds more than its columns: texts about the file")
    _check_no_gaps(path, metadata)
    _check_values(file)


def _check_no_gaps(path: Path, metadata: pq.FileMetaData) -> None:
    """Refuse bytes that belong to no column: columns lie side by side, from the file's first word to its last."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    chunks = [group.column(number) for group in groups for number in range(group.num_columns)]
    end = _MAGIC
    for start, length in sorted((_start(chunk), chunk.total_compressed_size) for chunk in chunks):
        if start != end:
            raise ValueError("it holds bytes that belong to no column")
        end += length
    if end + metadata.serialized_size + _TAIL != path.stat().st_size:
        raise ValueError("it holds bytes that belong to no column")


def _check_values(file: pq.ParquetFile) -> None:
    """Refuse values beside those of rows: a column's statistics, and texts in its dictionary that no row has.

    A dictionary holds the texts of a group's rows in the order in which they come.
    """
    metadata, schema = file.metadata, file.schema_arrow
    texts = {name for name, kind in zip(schema.names, schema.types, strict=True) if kind != _FILE}
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for chunk in map(group.column, range(group.num_columns)):
            is_text = chunk.path_in_schema in texts
            if not group.num_rows or chunk.is_stats_set or (chunk.has_dictionary_page and not is_text):
                raise ValueError("it holds values that no row has")
        read = file.read_row_group(number, sorted(texts), use_threads=False) if texts else None
        for cells in () if read is None else (part for column in read.columns for part in column.chunks):
            used = cells.indices.drop_null().unique()
            if not used.equals(pa.array(range(len(cells.dictionary)), used.type)):
                raise ValueError("it holds values that no row has")


def _start(chunk: Any) -> int:
    offsets = [chunk.data_page_offset, chunk.dictionary_page_offset]
    return min(int(offset) for offset in islice(offsets, 2) if offset is not None)
