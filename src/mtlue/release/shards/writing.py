"""A release in shards, written one after another: each appears whole, and the manifest that lists them last."""

import re
import shutil
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mtlue.errors import InputError, param
from mtlue.files import named_errors, sha256, written_whole
from mtlue.release.layout import MANIFESTS, RULES, SHARDS, ReleaseFolder
from mtlue.release.manifest import Manifest, ReleasedFile
from mtlue.release.shards.manifest import ReleasedShard, ShardedManifest
from mtlue.release.shards.packing import Part, packing_of
from mtlue.release.shards.parts import parts_of
from mtlue.release.shards.store import ReleaseStore

_UNNAMED = "shard"


@dataclass(frozen=True)
class WrittenShard:
    """A shard on disk, and its manifest; named in the end, when the number of all is known."""

    path: Path
    manifest: Path
    images: int
    split: str


@dataclass
class ShardWriter:
    """Puts releases of files, one after another, into the shards of one release.

    Args:
        release: folder of the release.
        packing: kind of the shards.
        rows: images of a shard, at most.
        store: where shards go as soon as :meth:`put_away` is told of them; None where they stay in the folder.
    """

    release: Path
    packing: str
    rows: int
    store: ReleaseStore | None = None
    counts: Counter[str] = field(default_factory=Counter)
    _shards: list[WrittenShard] = field(default_factory=list)
    _first: Manifest | None = None
    _rules: ReleasedFile | None = None
    _largest: int | None = None
    _begun: int = 0
    _put: list[ReleasedShard] = field(default_factory=list)
    _numbers: Counter[str] = field(default_factory=Counter)

    def add(
        self, folder: Path, manifest: Manifest, maps: Collection[str], largest: Sequence[int]
    ) -> list[WrittenShard]:
        """Write the files of a release as shards.

        Args:
            folder: of that release, which is left as it is.
            manifest: of that release.
            maps: tasks whose labels are files, the same in every call.
            largest: change of each of its images, in levels, where they are lossy.

        Raises:
            InputError: its images do not have the form of those before.
            OutputError: a shard cannot be written.
        """
        self._require_alike(manifest)
        self._keep_rules(folder, manifest)
        parts = parts_of(folder, manifest, self.rows, maps, largest)
        new = [self._write(folder, split, part) for split, part in parts]
        self._shards += new
        self._count(manifest)
        return new

    def adopt(self, release: Path) -> None:
        """Take the shards of another, unfinished release, which stay there, too.

        Args:
            release: folder that another writer has added to.

        Raises:
            InputError: its images do not have the form of those before.
            OutputError: a shard cannot be written.
        """
        for own in sorted((release / MANIFESTS).glob("*.json")):
            manifest = Manifest.read_file(own)
            self._require_alike(manifest)
            self._keep_rules(release, manifest)
            suffix, split = packing_of(self.packing).suffix, next(iter(manifest.counts))
            path, place = self._begin(suffix)
            with named_errors(path):
                _link(own.parent.parent / SHARDS / f"{own.stem}{suffix}", path)
                _link(own, place)
            self._shards.append(WrittenShard(path, place, len(manifest.images), split))
            self._count(manifest)
            self.put_away()

    def put_away(self) -> None:
        """Move the shards that lie here into the store, where there is one; their manifests stay here, too.

        A shard is named at once then, by its number alone: how many there will be is not known yet.

        Raises:
            OutputError: one cannot be put there.
        """
        if self.store is None:
            return
        for shard in self._shards:
            number = self._numbers[shard.split]
            self._numbers[shard.split] += 1
            released = self._named(shard, f"{_split_names([*self._numbers])[shard.split]}-{number:05d}")
            for name in (released.file_name, released.manifest):
                self.store.folder.put(name, self.release / name)
            with named_errors(self.release):
                (self.release / released.file_name).unlink()
            self._put.append(released)
        self._shards.clear()

    def finish(self) -> ShardedManifest:
        """Name the shards and write the manifest of all.

        Raises:
            OutputError: it cannot be written.
        """
        assert self._first is not None
        first, listed = self._first, self._listed()
        manifest = ShardedManifest(
            version=first.version,
            method=first.method,
            epsilon=first.epsilon,
            packing=self.packing,
            image_format=first.image_format,
            quality=first.quality,
            largest_change=self._largest,
            native=first.native,
            size=first.size,
            channels=first.channels,
            center_crop=first.center_crop,
            value_range=first.value_range,
            counts=dict(self.counts),
            shards=tuple(listed),
            rules=self._rules,
            labels_left_out=first.labels_left_out,
        )
        manifest.write(self.release)
        return manifest

    def _listed(self) -> list[ReleasedShard]:
        """All shards: those that were put away, or those that lie here, which get their names."""
        self.put_away()
        if self.store is not None:
            with named_errors(self.release):
                (self.release / SHARDS).rmdir()
            return self._put
        totals = Counter(shard.split for shard in self._shards)
        names, numbers = _split_names(list(totals)), Counter[str]()
        listed = []
        for shard in self._shards:
            number, total = numbers[shard.split], totals[shard.split]
            numbers[shard.split] += 1
            listed.append(self._named(shard, f"{names[shard.split]}-{number:05d}-of-{total:05d}"))
        return listed

    def _count(self, manifest: Manifest) -> None:
        self.counts.update(manifest.counts)
        if manifest.largest_change is not None:
            self._largest = max(self._largest or 0, manifest.largest_change)

    def _require_alike(self, manifest: Manifest) -> None:
        self._first = self._first or manifest
        if manifest.value_range != self._first.value_range:
            raise InputError(
                f"the shards hold numbers of different ranges ({self._first.value_range} and {manifest.value_range}): "
                f"give one for all, {param('value_range')} LOW HIGH"
            )

    def _keep_rules(self, folder: Path, manifest: Manifest) -> None:
        rules = next((file for file in manifest.labels if file.file_name == RULES), None)
        if rules is not None and self._rules is None:
            self._rules = rules
            with named_errors(self.release):
                shutil.copyfile(ReleaseFolder(folder).rules, ReleaseFolder(self.release).rules)

    def _write(self, folder: Path, split: str, part: Part) -> WrittenShard:
        packing = packing_of(self.packing)
        path, manifest = self._begin(packing.suffix)
        with named_errors(path), written_whole(path) as temporary:
            packing.write(part, folder, temporary)
        part.manifest.write_to(manifest)
        return WrittenShard(path, manifest, len(part.manifest.images), split)

    def _begin(self, suffix: str) -> tuple[Path, Path]:
        """Where the next shard and its manifest go."""
        name = f"{_UNNAMED}-{self._begun:06d}"
        self._begun += 1
        path, manifest = self.release / SHARDS / f"{name}{suffix}", self.release / MANIFESTS / f"{name}.json"
        with named_errors(path):
            path.parent.mkdir(exist_ok=True)
            manifest.parent.mkdir(exist_ok=True)
        return path, manifest

    def _named(self, shard: WrittenShard, name: str) -> ReleasedShard:
        path, manifest = shard.path.with_name(f"{name}{shard.path.suffix}"), shard.manifest.with_name(f"{name}.json")
        with named_errors(self.release):
            shard.path.rename(path)
            shard.manifest.rename(manifest)
        return ReleasedShard(
            file_name=f"{SHARDS}/{path.name}",
            sha256=sha256(path),
            manifest=f"{MANIFESTS}/{manifest.name}",
            manifest_sha256=sha256(manifest),
            images=shard.images,
        )


def _link(source: Path, path: Path) -> None:
    """The same file under another name, without another copy where the file system can do that."""
    try:
        path.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, path)


def _split_names(splits: list[str]) -> dict[str, str]:
    """Splits as parts of files' names that every system can hold, and Hugging Face takes for splits: no two alike."""
    names: dict[str, str] = {}
    for split in splits:
        plain = re.sub(r"\W+", "_", split)[:80] or "split"
        taken = {name.casefold() for name in names.values()}
        tries = (plain, *(f"{plain}_{number}" for number in range(2, len(splits) + 2)))
        names[split] = next(name for name in tries if name.casefold() not in taken)
    return names
