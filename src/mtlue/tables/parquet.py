"""Parquet to columns of text, batch by batch; which of its columns hold images; nothing is unpickled."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mtlue.imaging.signatures import suffix_from_bytes
from mtlue.tables.cells import ObjectCellError, cell_text, cells_of, float_text
from mtlue.tables.lists import joined
from mtlue.tables.raw import MOST_COLUMNS, RawTable

MOST_ROWS = 20_000_000
LEAST_SUSPICIOUS = 2**30
MOST_GROWTH = 200
"""A file may claim to unpack to ``LEAST_SUSPICIOUS`` bytes, or to this many times its own size."""
_ROWS = 16_384
_BUFFER = 2**20
_SEARCHED_ROWS = 16


def read_parquet(path: Path, rows: int | None = None) -> RawTable:
    """The columns of text, numbers and lists of these; those of images are left to the dataset.

    Other bytes are text in UTF-8; columns of objects, or of bytes that are not text, are left out with a note.

    Args:
        path: of the file.
        rows: how many are read, by default all.

    Raises:
        ValueError: it is not a Parquet file, is damaged, or claims more than it can hold.
        OSError: it cannot be read.
    """
    with opened(path) as file:
        names, columns, notes = [], [], []
        pictures = picture_columns(file)
        for field in file.schema_arrow:
            if field.name in pictures:
                continue
            try:
                values = islice(values_of(file, field.name), rows)
                cells, more = joined(field.name, cells_of(values, _text_of(file.schema_arrow, field)))
            except ObjectCellError as error:
                notes.append(f"column '{field.name}' of {path.name} holds {error}: it is left out")
                continue
            except UnicodeDecodeError as error:
                raise ValueError(f"column '{field.name}' holds text that is not UTF-8: write it again") from error
            except (OverflowError, ValueError, KeyError, pa.ArrowInvalid):
                if not pa.types.is_temporal(field.type):
                    raise
                notes.append(
                    f"column '{field.name}' of {path.name} holds times before year 1, after year 9999 or of an unknown "
                    "time zone: it is left out; write them as text"
                )
                continue
            names.append(field.name)
            columns.append(cells)
            notes += more
        return RawTable(names, columns, tuple(notes))


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """A Parquet file whose claims of size are possible. Texts are read once for each different one in a batch.

    Raises:
        ValueError: they are not; or it cannot be read as Parquet, now or inside the context.
        OSError: the file cannot be read at all.
    """
    with path.open("rb"):  # the system's own errors first: Arrow's are of the same class
        pass
    try:
        metadata = pq.read_metadata(path)
        _check_claims(metadata, path.stat().st_size)
        schema = metadata.schema.to_arrow_schema()
        repeated = [name for name, count in Counter(schema.names).items() if count > 1]
        if repeated:
            raise ValueError(f"it has two columns named '{repeated[0]}': rename one")
        texts = [field.name for field in schema if pa.types.is_string(field.type)]
        reading = {"read_dictionary": texts, "buffer_size": _BUFFER, "pre_buffer": False}
        with pq.ParquetFile(path, metadata=metadata, **reading) as file:
            yield file
    except UnicodeDecodeError as error:
        raise ValueError("it holds texts that are not UTF-8: write it again") from error
    except (pa.ArrowException, OSError, MemoryError, OverflowError, IndexError) as error:
        raise ValueError(f"it is not a Parquet file, or damaged ({_first_line(error)}): write it again") from error


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0][:200]


def _check_claims(metadata: pq.FileMetaData, size: int) -> None:
    if metadata.num_columns > MOST_COLUMNS:
        raise ValueError(f"it has {metadata.num_columns} columns, and at most {MOST_COLUMNS} are read: leave some out")
    if metadata.num_rows > MOST_ROWS:
        raise ValueError(f"it says that it has {metadata.num_rows} rows, and at most {MOST_ROWS} are read: split it")
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    # their columns are not asked: Arrow ends the process where a damaged file contradicts itself in these
    claimed = sum(group.total_byte_size for group in groups)
    if claimed > max(LEAST_SUSPICIOUS, MOST_GROWTH * size) or claimed < 0:
        raise ValueError(f"it says that its {size} bytes unpack to {claimed}, which is not plausible: write it again")


def picture_columns(file: pq.ParquetFile) -> list[str]:
    """Columns that hold encoded images: ``{bytes, path}`` as Hugging Face writes them, or bytes that begin as files."""
    return [field.name for field in file.schema_arrow if _is_picture(file, field)]


def _is_picture(file: pq.ParquetFile, field: pa.Field) -> bool:
    if is_picture_struct(field.type):
        return any(value and value["bytes"] for value in values_of(file, field.name, rows=_SEARCHED_ROWS))
    if not is_binary(field.type):
        return False
    first = next((value for value in values_of(file, field.name, rows=_SEARCHED_ROWS) if value), None)
    return first is not None and suffix_from_bytes(first) is not None and not _is_text(first)


def _is_text(content: bytes) -> bool:
    """Whether bytes are a line of text, as ``BMW`` is, which begins as a bitmap does."""
    try:
        return content.decode().isprintable()
    except UnicodeDecodeError:
        return False


def is_picture_struct(kind: pa.DataType) -> bool:
    """Whether a type is Hugging Face's of images: their bytes, and the paths that they had."""
    fields = {inner.name: inner.type for inner in kind} if pa.types.is_struct(kind) else {}
    return "bytes" in fields and is_binary(fields["bytes"])


def is_binary(kind: pa.DataType) -> bool:
    """Whether a type is that of bytes."""
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def class_names(schema: pa.Schema, column: str) -> list[str] | None:
    """The names of Hugging Face's ``ClassLabel`` (or of a list of them) that the file gives for a column."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        feature = features[column]
        while "names" not in feature:
            feature = feature["feature"]
        names = feature["names"]
    except (KeyError, ValueError, TypeError, RecursionError):
        return None
    return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None


def _item(kind: pa.DataType) -> pa.DataType | None:
    lists = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list, pa.types.is_list_view)
    return kind.value_type if any(is_one(kind) for is_one in lists) else None


def _is_object(kind: pa.DataType) -> bool:
    return bool(pa.types.is_struct(kind) or pa.types.is_map(kind) or pa.types.is_union(kind))


def _text_of(schema: pa.Schema, field: pa.Field) -> Callable[[Any], str | None]:
    """From a column's values to texts.

    Raises:
        ObjectCellError: they are not labels; says what they are.
    """
    kind, inner = field.type, _item(field.type)
    if is_picture_struct(kind):  # none of them has its bytes here
        return lambda value: cell_text(value and value.get("path"))
    if _is_object(kind) or (inner is not None and (_is_object(inner) or _item(inner) is not None)):
        raise ObjectCellError("objects, not labels")
    names = class_names(schema, field.name)
    if names is not None:
        return _named(names)
    number = kind if inner is None else inner
    if pa.types.is_float16(number) or pa.types.is_float32(number):
        return lambda value: None if value is None or value != value else _short_float(value)
    return cell_text


def _short_float(value: float) -> str:
    """A single-precision number with the digits that it has: 0.1, not 0.10000000149011612."""
    return float_text(value) if value.is_integer() else str(np.float32(value))


def _named(names: Sequence[str]) -> Callable[[Any], str | None]:
    """Numbers of classes to their names; -1 is Hugging Face's sign of a missing label."""

    def text(value: Any) -> str | None:
        return names[value] if isinstance(value, int) and 0 <= value < len(names) else None

    return text


def values_of(file: pq.ParquetFile, column: str, rows: int = _ROWS) -> Iterator[Any]:
    """A column's cells as Python's values, ``rows`` at a time.

    Raises:
        ValueError: there are more or fewer than the file's rows.
    """
    count = 0
    for batch in file.iter_batches(batch_size=rows, columns=[column], use_threads=False):
        array = batch.column(batch.schema.get_field_index(column))
        count += len(array)
        if isinstance(array, pa.DictionaryArray):
            different = array.dictionary.to_pylist()
            yield from (None if index is None else different[index] for index in array.indices.to_pylist())
        else:
            yield from array.to_pylist()
    if count != file.metadata.num_rows:
        raise ValueError(f"it says that it has {file.metadata.num_rows} rows, and has {count}: write it again")
