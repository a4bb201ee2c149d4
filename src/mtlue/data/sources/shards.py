"""A folder of shards: Parquet with the images inside, or WebDataset tars (:mod:`mtlue.data.shards`)."""

import glob
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mtlue.data.files.folders import require_folder
from mtlue.data.files.unpacking import unpacked
from mtlue.data.options import DataOptions
from mtlue.data.rows.image_files import IMAGE_COLUMNS
from mtlue.data.rows.labels import check_labels
from mtlue.data.rows.parts import split_of_file
from mtlue.data.rows.reading import Found, PartedSource
from mtlue.data.rows.rows import OWN, Rows, require_images_in
from mtlue.data.rows.settling import settle
from mtlue.data.shards.joining import Shard, joined_rows
from mtlue.data.shards.reading import SHARDS, Pictures, reader_of, refuse_compressed
from mtlue.data.shards.seen import SeenIds
from mtlue.data.shards.settings import ShardSettings
from mtlue.errors import InputError, param
from mtlue.faults import listed
from mtlue.files import state_of, write_json
from mtlue.registry import Choice
from mtlue.structured import read_json
from mtlue.tables.cells import is_release
from mtlue.tasks import Task
from mtlue.wording import counted

INDEX = ".names.json"


class Shards(PartedSource):
    """The source ``shards``. Ids and paths depend on an image's own shard alone, so that each can be read by itself."""

    Settings = ShardSettings

    def __init__(self, settings: ShardSettings) -> None:
        self._pattern = settings.pattern

    def rows(self, options: DataOptions, read_labels: bool) -> Rows:
        shards, main = self._shards(options), _image_columns(options)
        place = unpacked(
            "shards",
            [shard.path for shard in shards],
            lambda folder: _unpack(shards, main, folder),
            options.cache_folder(),
            key=(main, [shard.name for shard in shards]),
        )
        pictures = read_json(place.root / INDEX, dict[str, Pictures], f"delete {place.root} and run again")
        rows = joined_rows(shards, main, place.root, pictures, self._name(options))
        _check_image_column(rows, options)
        images = f"{counted(len(rows.frame), 'image')} of {listed([shard.path.name for shard in shards])}"
        note = place.note(images, clean=not any(is_release(shard.path) for shard in shards))
        return replace(rows, notes=[*rows.notes, note])

    def check(self, options: DataOptions, tasks: Sequence[Task] | None = None) -> Found | None:
        """As any source of rows. Where the tasks are known, one shard at a time, of which no image is read."""
        if tasks is None:
            return super().check(options, tasks)
        names: dict[str, None] = {}
        splits: set[str] = set()
        losses: list[str] = []
        seen = SeenIds()
        for shard in self._shards(options):
            rows = joined_rows([shard], _image_columns(options), require_folder(options), None, str(shard.path))
            _check_image_column(rows, options)
            settled = settle(rows, options, read_labels=False)
            names |= dict.fromkeys(check_labels(settled, tasks))
            splits |= {*settled.splits}
            losses += rows.losses
            seen.add(settled.ids, str(shard.path))
        return Found(tuple(names), tuple(sorted(splits)), tuple(losses))

    def parts(self, options: DataOptions) -> list[DataOptions]:
        """The same options for each shard alone."""
        patterns = [glob.escape(shard.file) for shard in self._shards(options)]
        return [replace(options, dataset=str(Choice(options.source, ShardSettings(name)))) for name in patterns]

    def state(self, options: DataOptions) -> list[tuple[str, str]]:
        return [(shard.file, state_of(shard.path)) for shard in self._shards(options)]

    def _name(self, options: DataOptions) -> str:
        """The shards in messages."""
        return f"{options.data}/{self._pattern}" if self._pattern else f"the set of shards in {options.data}"

    def _shards(self, options: DataOptions) -> list[Shard]:
        root = require_folder(options)
        paths = self._paths(root)
        found = [Shard(path, path.relative_to(root).as_posix(), reader_of(path)) for path in paths]
        refuse_compressed([shard.file for shard in found])
        shards = [shard for shard in found if shard.reader is not None]
        suffixes = sorted({shard.path.suffix.lower() for shard in shards})
        names = listed([shard.file for shard in found if shard.reader is None])
        if self._pattern and names:
            raise InputError(f"{names} is not a kind of shard ({_kinds()}): choose another pattern, {_example()}")
        if not shards:
            raise InputError(f"{self._name(options)}: there are none ({_kinds()}): name them, {_example()}")
        if len(suffixes) > 1:
            raise InputError(f"{root} holds shards of several kinds ({' and '.join(suffixes)}): name one, {_example()}")
        return _with_splits(shards, root)

    def _paths(self, root: Path) -> list[Path]:
        try:
            found = sorted(path for path in root.glob(self._pattern or "**/*") if path.is_file())
        except (ValueError, NotImplementedError) as error:
            raise InputError(f"'{self._pattern}' is not a pattern below {root}: {_example()}") from error
        return [path for path in found if not any(part.startswith(".") for part in path.relative_to(root).parts)]


def _kinds() -> str:
    return ", ".join(SHARDS.load(name).suffix for name in SHARDS.rows)


def _example() -> str:
    return f"as in {param('dataset')} shards:pattern=data/train-*.parquet"


def _image_columns(options: DataOptions) -> tuple[str, ...]:
    return (*([options.image_column] if options.image_column else []), *IMAGE_COLUMNS)


def _check_image_column(rows: Rows, options: DataOptions) -> None:
    for column in rows.image_columns - {options.image_column}:
        require_images_in(options, column, [name for name in rows.frame.columns if name not in OWN], rows.name)


def _with_splits(shards: Sequence[Shard], root: Path) -> list[Shard]:
    """With the splits that the files' names say.

    Raises:
        InputError: some say one and others do not, so that which split these are is not known.
    """
    splits = [split_of_file(shard.path, root) for shard in shards]
    if None in splits and any(splits):
        named, other = shards[splits.index(next(filter(None, splits)))].file, shards[splits.index(None)].file
        raise InputError(f"{named} says its split, {other} does not: rename it, or choose shards, {_example()}")
    return [replace(shard, split=split) for shard, split in zip(shards, splits, strict=True)]


def _unpack(shards: Sequence[Shard], main: Sequence[str], folder: Path) -> None:
    pictures = {}
    for shard in shards:
        place = folder / shard.name
        place.mkdir(parents=True, exist_ok=True)
        pictures[shard.name] = shard.opened.unpack(shard.path, main, place)
    write_json(folder / INDEX, {name: {"main": one.main, "names": one.names} for name, one in pictures.items()})
