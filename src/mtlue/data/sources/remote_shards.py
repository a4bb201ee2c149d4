"""Shards that lie elsewhere, in an object store say: copied here, then read as any others."""

import glob
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mtlue.data.files.unpacking import digest_of, filled_once
from mtlue.data.options import DataOptions
from mtlue.data.rows.reading import Found, PartedSource
from mtlue.data.rows.rows import Rows
from mtlue.data.shards.reading import reader_of, refuse_compressed
from mtlue.data.shards.remote import RemoteFile, RemoteFolder
from mtlue.data.shards.settings import RemoteShardSettings, ShardSettings
from mtlue.data.sources.shards import Shards
from mtlue.errors import InputError, param
from mtlue.registry import Choice
from mtlue.scratch import scratch_folder
from mtlue.tables.cells import MANIFEST, is_release
from mtlue.tasks import Task


class RemoteShards(PartedSource):
    """The source ``remote-shards``. Parts are copied, and what was copied for ``apply`` is removed, one at a time."""

    Settings = RemoteShardSettings

    def __init__(self, settings: RemoteShardSettings) -> None:
        self._settings = settings
        self._folder = RemoteFolder(settings.root)
        self._local = Shards(ShardSettings())

    def rows(self, options: DataOptions, read_labels: bool) -> Rows:
        files, beside = self._files(options), self._folder.files(MANIFEST)
        state = digest_of(self._settings.root, [(file.name, file.state) for file in (*files, *beside)])
        place = filled_once(
            "remote",
            state,
            lambda folder: self._folder.copy([*files, *beside], folder),
            options.cache_folder(),
            self._settings.root,
        )
        rows = self._local.rows(self._here(options, place.root), read_labels)
        clean = not any(is_release(place.root / file.name) for file in files)
        note = place.note(f"shards of {self._settings.root}", "copied", clean)
        return replace(rows, notes=[note, *rows.notes])

    def check(self, options: DataOptions, tasks: Sequence[Task] | None = None) -> Found | None:
        """As the source ``shards``, of copies that are removed one after another where the tasks are known."""
        if tasks is None:
            return super().check(options, tasks)
        names: dict[str, None] = {}
        splits: set[str] = set()
        losses: list[str] = []
        beside = self._folder.files(MANIFEST)
        for file in self._files(options):
            with scratch_folder("shard") as folder:
                self._folder.copy([file, *beside], folder)
                found = self._local.check(self._here(options, folder), tasks)
            if found is not None:
                names |= dict.fromkeys(found.tasks)
                splits |= {*found.splits}
                losses += found.losses
        return Found(tuple(names), tuple(sorted(splits)), tuple(losses))

    def parts(self, options: DataOptions) -> list[DataOptions]:
        """The same options for each shard alone."""
        each = [replace(self._settings, pattern=glob.escape(file.name)) for file in self._files(options)]
        return [replace(options, dataset=str(Choice(options.source, settings))) for settings in each]

    def holds_release(self, options: DataOptions) -> bool:
        """Whether the shards are those of a release of mtlue's, which have its manifest beside them."""
        with scratch_folder("shard") as folder:
            self._folder.copy(self._folder.files(MANIFEST), folder)
            return any(is_release(folder / file.name) for file in self._files(options))

    def state(self, options: DataOptions) -> list[tuple[str, str]]:
        return [(file.name, file.state) for file in self._files(options)]

    def _here(self, options: DataOptions, root: Path) -> DataOptions:
        return replace(options, dataset="shards", data=root)

    def _files(self, options: DataOptions) -> list[RemoteFile]:
        if "://" not in self._settings.root:
            raise InputError(
                f"root '{self._settings.root}' of remote-shards is no address: give one as fsspec names it, as in "
                f"{param('dataset')} remote-shards:root=s3://bucket/data,pattern=train-*.parquet"
            )
        if options.data is not None:
            raise InputError(f"{param('data')} {options.data}: remote-shards says itself where they lie: leave it out")
        found = self._folder.files(self._settings.pattern)
        refuse_compressed([file.name for file in found])
        files = [file for file in found if reader_of(Path(file.name)) is not None]
        if not files:
            where = f"{self._settings.root}/{self._settings.pattern or '**'}"
            raise InputError(f"there are no shards (.parquet, .tar) at {where}")
        return files
