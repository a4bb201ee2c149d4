"""Proof of a release in shards that lies in an object store: a copy of one shard at a time is proved as any other."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from mtlue.data.loading import CleanImages
from mtlue.data.shards.remote import RemoteFile, RemoteFolder
from mtlue.errors import VerificationError
from mtlue.release.checks.faults import ReleaseError, Remedy, raise_any
from mtlue.release.checks.folder import LARGEST_CARD, is_card_name
from mtlue.release.layout import MANIFEST
from mtlue.release.names import shown_name
from mtlue.release.shards.manifest import ShardedManifest, in_shards
from mtlue.release.shards.store import MARK
from mtlue.release.shards.unpacking import file_fault
from mtlue.release.shards.verify import ProvedShard, check_shards, prove_shard, taken_together
from mtlue.release.verify import Verification
from mtlue.runtime import Runtime
from mtlue.scratch import scratch_folder

_STRANGE = "is not in the manifest"


@dataclass(frozen=True)
class StoredShards:
    """Where any machine finds a release's shards, and what they have to be.

    Attributes:
        store: where the release lies.
        files: there, by name.
        manifest: of the release.
    """

    store: RemoteFolder
    files: dict[str, RemoteFile]
    manifest: ShardedManifest

    def prove(self, number: int, clean: CleanImages | None, runtime: Runtime) -> ProvedShard:
        """As :func:`mtlue.release.shards.verify.prove_shard`, of a copy that is removed afterwards.

        Returns:
            What was proved; its path is below the release's folder.
        """
        shard, rules = self.manifest.shards[number], self.manifest.rules
        names = [shard.file_name, shard.manifest, *([] if rules is None else [rules.file_name])]
        with _copied(self.store) as folder:
            self.store.copy([self.files[name] for name in names], folder)
            if rules is not None:
                raise_any(folder, [file_fault(folder, rules)])
            return replace(prove_shard(folder, self.manifest, number, clean, runtime), path=Path(shard.file_name))


@dataclass(frozen=True)
class StoredRelease:
    """A release in a store, whose list of files is that of its manifest.

    Attributes:
        shards: of the release.
        folder: holds copies of its manifest and other small files.
        notes: what could not be checked.
    """

    shards: StoredShards
    folder: Path
    notes: list[str]

    @property
    def manifest(self) -> ShardedManifest:
        """Of the release."""
        return self.shards.manifest

    def prove(self, clean: CleanImages | None, runtime: Runtime) -> tuple[Verification, list[str]]:
        """As :func:`mtlue.release.shards.verify.prove_shards`."""
        count = len(self.manifest.shards)
        numbers = runtime.progress.track(range(count), "verifying shards", count)
        return self.taken_together(self.shards.prove(one, clean, runtime) for one in numbers)

    def taken_together(self, proved: Iterable[ProvedShard]) -> tuple[Verification, list[str]]:
        """As :func:`mtlue.release.shards.verify.taken_together`."""
        placed = (replace(one, path=self.folder / one.path) for one in proved)
        return taken_together(self.folder, self.manifest, placed)


@contextmanager
def stored_release(address: str) -> Iterator[StoredRelease]:
    """Copy the manifest of a release in a store, and prove that all it lists is there and nothing else.

    No shard is read. Errors in the block name the store instead of the folder of copies.

    Raises:
        VerificationError: there is no whole release, or names the offending files.
        InputError: the store cannot be read.
    """
    store = RemoteFolder(address.rstrip("/"))
    files = {file.name: file for file in store.everything() if file.name != MARK}
    if MANIFEST not in files:
        raise VerificationError(f"{address} holds no whole release: run the command that was writing it again")
    with _copied(store) as folder:
        yield _opened(store, files, folder)


@contextmanager
def _copied(store: RemoteFolder) -> Iterator[Path]:
    """A temporary folder for copies, in whose place errors name the store."""
    with scratch_folder("store") as folder:
        try:
            yield folder
        except VerificationError as error:
            raise VerificationError(error.text.replace(str(folder), store.root)) from error


def _opened(store: RemoteFolder, files: dict[str, RemoteFile], folder: Path) -> StoredRelease:
    store.copy([files[MANIFEST]], folder)
    if not in_shards(folder):
        raise VerificationError(
            f"{store.root} holds no release in shards: copy it to this machine, and verify it there"
        )
    manifest = ShardedManifest.read(folder)
    listed = manifest.file_names()
    cards = [name for name, file in files.items() if is_card_name(name) and (file.size or 0) <= LARGEST_CARD]
    absent = [ReleaseError(f"{shown_name(name)} is missing") for name in listed if name not in files]
    strange = sorted({*files} - {MANIFEST, *listed, *cards})
    raise_any(folder, [*absent, *(ReleaseError(f"{shown_name(name)} {_STRANGE}", Remedy.DELETE) for name in strange)])
    rules = [] if manifest.rules is None else [manifest.rules.file_name]
    store.copy([files[name] for name in (*rules, *cards)], folder)
    _, notes = check_shards(folder)
    return StoredRelease(StoredShards(store, files, manifest), folder, notes)
