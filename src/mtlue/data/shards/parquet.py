"""Parquet with the images inside, as Hugging Face publishes it: a column of ``{bytes, path}``, labels in the others."""

from collections.abc import Sequence
from pathlib import Path

from mtlue.data.rows.embedded_images import images_in, stated_names, write_images
from mtlue.data.rows.parts import TablePart
from mtlue.data.shards.reading import Pictures, ShardReader, ShardTable
from mtlue.errors import InputError
from mtlue.tables.reading import read_label_table


class ParquetShards(ShardReader):
    """The kind ``parquet``."""

    suffix = ".parquet"

    def table(self, path: Path, main: Sequence[str]) -> ShardTable:
        table = read_label_table(path)
        columns = _columns(path)
        names: dict[str, list[str | None]] = {name: [*stated_names([path], name)] for name in columns}
        rows = [table.place(row) for row in range(len(names[columns[0]]))]
        return ShardTable(table, Pictures(_main(columns, main), names), rows)

    def unpack(self, path: Path, main: Sequence[str], folder: Path) -> Pictures:
        columns = _columns(path)
        chosen = _main(columns, main)
        (names,) = write_images(folder, [TablePart(path)], [columns], [chosen])
        return Pictures(chosen, names)


def _columns(path: Path) -> list[str]:
    columns = images_in(path)
    if not columns:
        raise InputError(f"{path} holds no images: a shard has a column of them, {{bytes, path}} or bytes, in each row")
    return columns


def _main(columns: Sequence[str], main: Sequence[str]) -> str:
    return next((name for name in main if name in columns), columns[0])
