"""Proof of a release in shards that lies in an object store: a copy of one shard at a time is proved as any other."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mtlue.data.loading import CleanImages
from mtlue.data.shards.remote import RemoteFile, RemoteFolder
from mtlue.errors import VerificationError
from mtlue.files import named_errors
from mtlue.release.checks.faults import ReleaseError, Remedy, raise_any
from mtlue.release.checks.folder import LARGEST_CARD, is_card_name
from mtlue.release.layout import MANIFEST
from mtlue.release.names import shown_name
from mtlue.release.shards.manifest import ShardedManifest, in_shards
from mtlue.release.shards.store import MARK
from mtlue.release.shards.verify import ProvedShard, check_shards, prove_shard, taken_together
from mtlue.release.verify import Verification
from mtlue.runtime import Runtime

_STRANGE = "is not in the manifest"


@dataclass(frozen=True)
class StoredRelease:
    """A release in a store, whose list of files is that of its manifest.

    Attributes:
        store: where it lies.
        files: there, by name.
        folder: holds copies of its manifest and other small files.
        manifest: of the release.
        notes: what could not be checked.
    """

    store: RemoteFolder
    files: dict[str, RemoteFile]
    folder: Path
    manifest: ShardedManifest
    notes: list[str]

    def prove(self, clean: CleanImages | None, runtime: Runtime) -> tuple[Verification, list[str]]:
        """As :func:`mtlue.release.shards.verify.prove_shards`."""
        count = len(self.manifest.shards)
        numbers = runtime.progress.track(range(count), "verifying shards", count)
        return taken_together(self.folder, self.manifest, (self._proved(one, clean, runtime) for one in numbers))

    def _proved(self, number: int, clean: CleanImages | None, runtime: Runtime) -> ProvedShard:
        shard = self.manifest.shards[number]
        names = (shard.file_name, shard.manifest)
        self.store.copy([self.files[name] for name in names], self.folder)
        try:
            return prove_shard(self.folder, self.manifest, number, clean, runtime)
        finally:
            with named_errors(self.folder):
                for name in names:
                    (self.folder / name).unlink()


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
    with tempfile.TemporaryDirectory(prefix="mtlue-store-") as temporary:
        folder = Path(temporary)
        try:
            yield _opened(store, files, folder)
        except VerificationError as error:
            raise VerificationError(error.text.replace(temporary, store.root)) from error


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
    return StoredRelease(store, files, folder, manifest, notes)
