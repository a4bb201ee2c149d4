"""A release's folder in an object store: shards go there as soon as they are verified, the manifest last of all.

Nothing but what may be published is ever put there. A mark lies beside it while a run writes, and after one was killed.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from msgspec import Struct
from platformdirs import user_state_path

from mtlue.data.shards.remote import RemoteFolder
from mtlue.errors import InputError, MtlueError, OutputError, param
from mtlue.files import write_secret_text
from mtlue.release.layout import MANIFEST, MANIFESTS, RELEASE, RULES, SHARDS, OutputFolder, ReleaseFolder
from mtlue.structured import read_json_if_there

MARK = ".mtlue-partial"
"""Holds who writes there, as a hash that tells nothing of machine and folder: the same user, writing to the same output
folder, is the same."""
_SCHEME = "://"


@dataclass
class ReleaseStore:
    """The folder of a store that one run writes to.

    Attributes:
        folder: in the store.
        kept: whether what was put there stays there, whatever happens.
    """

    folder: RemoteFolder
    kept: bool = field(default=False, init=False)

    def finish(self, release: ReleaseFolder) -> None:
        """Put the tasks file and the manifest there, which makes the release whole.

        Args:
            release: of this machine, in its place.

        Raises:
            OutputError: says how to go on.
        """
        self.kept = True
        try:
            if release.rules.is_file():
                self.folder.put(RULES, release.rules)
            self.folder.put(MANIFEST, release.manifest)
        except OutputError as error:
            raise OutputError(
                f"{error.text}: all shards are there; copy the small files, too, {release.manifest.name} last, from "
                f"{release.path}: the release is whole then"
            ) from error


def is_address(place: str) -> bool:
    """Whether a place is an address in a store as fsspec names it, rather than a path."""
    return _SCHEME in place


def check_store(address: str, out: OutputFolder) -> None:
    """Fail early where a store cannot take a release; the errors are those of :func:`reserved_store`."""
    with reserved_store(address, out):
        pass


@contextmanager
def reserved_store(address: str, out: OutputFolder) -> Iterator[ReleaseStore]:
    """Keep a folder of a store for one run: what a killed run of the same output folder put there is removed first.

    Where the block ends with an error, what was put there is removed, unless all of the release is there.

    Args:
        address: of the folder, as fsspec names it.
        out: the output folder of this machine, which is reserved.

    Raises:
        InputError: it is no address, or cannot be looked at.
        OutputError: something lies there, or it cannot be written.
    """
    if not is_address(address):
        raise InputError(f"{param('store')} {address} is no address: give one as fsspec names it, s3://bucket/data")
    store, owner = ReleaseStore(RemoteFolder(address.rstrip("/"))), _owner(out)
    _require_ours(store.folder, owner)
    _clear(store.folder)
    store.folder.write(MARK, owner)
    try:
        yield store
    except BaseException:
        if not store.kept:
            with suppress(MtlueError):
                _clear(store.folder)
        raise
    store.folder.remove([file for file in store.folder.everything() if file.name == MARK])


class _Recorded(Struct):
    """What is read here of a command's record."""

    store: str | None = None


def store_of(release: ReleaseFolder) -> str | None:
    """The address of a release's shards, where this machine has all of it but them.

    Raises:
        InputError: the record of the command that wrote it is damaged.
    """
    if release.path.name != RELEASE or (release.path / SHARDS).is_dir():
        return None
    private = OutputFolder(release.path.parent).private
    recorded = read_json_if_there(private.config, _Recorded, "give the folder that protect or apply wrote")
    return None if recorded is None else recorded.store


def _owner(out: OutputFolder) -> bytes:
    token = user_state_path("mtlue") / "owner"
    if not token.is_file():
        write_secret_text(token, secrets.token_hex(16))
    keyed = f"{token.read_text(encoding='utf-8')}\n{out.path.resolve()}"
    return hashlib.sha256(keyed.encode()).hexdigest().encode() + b"\n"


def _require_ours(folder: RemoteFolder, owner: bytes) -> None:
    files = {file.name: file for file in folder.everything()}
    if not files:
        return
    if MANIFEST in files:
        raise OutputError(f"{folder.root} already holds a release: choose another address, or remove it there")
    if MARK not in files or (foreign := [name for name in files if not _of_release(name)]):
        some = ", ".join(([*files] if MARK not in files else foreign)[:3])
        raise OutputError(f"{folder.root} is not empty ({some}): choose another address")
    if folder.read(files[MARK]) != owner:
        raise OutputError(
            f"another run writes to {folder.root}, or was killed while it did: wait for it or run it again (with the "
            f"same {param('out')}), choose another address, or remove what lies there"
        )


def _of_release(name: str) -> bool:
    return name in (MARK, RULES, MANIFEST) or PurePosixPath(name).parts[0] in (SHARDS, MANIFESTS)


def _clear(folder: RemoteFolder) -> None:
    """Remove all that a run puts there, the mark last."""
    files = [file for file in folder.everything() if _of_release(file.name)]
    folder.remove([file for file in files if file.name == MANIFEST])
    folder.remove([file for file in files if file.name not in (MANIFEST, MARK)])
    folder.remove([file for file in files if file.name == MARK])
