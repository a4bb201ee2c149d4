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
from mtlue.files import sha256, write_secret_text
from mtlue.release.layout import MANIFEST, MANIFESTS, RELEASE, RULES, SHARDS, OutputFolder, ReleaseFolder
from mtlue.release.staging import settled
from mtlue.structured import read_json, read_json_if_there

MARK = ".mtlue-partial"
_SCHEME = "://"


@dataclass(frozen=True)
class _Mark:
    """What the mark says, as hashes that tell nothing of machine, folder and request.

    Attributes:
        owner: who writes there: the same user, writing to the same output folder, is the same.
        manifest: of the release of which all but that is there; empty until then.
        request: what that release was asked for by.
    """

    owner: str
    manifest: str = ""
    request: str = ""

    def to_bytes(self) -> bytes:
        return "".join(f"{line}\n" for line in (self.owner, self.manifest, self.request)).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "_Mark":
        return cls(*content.decode("utf-8", "replace").splitlines()[:3])


@dataclass
class ReleaseStore:
    """The folder of a store that one run writes to.

    Attributes:
        folder: in the store.
        out: the output folder of this machine.
    """

    folder: RemoteFolder
    out: OutputFolder
    _sealed: str = field(default="", init=False)

    def seal(self, release: ReleaseFolder, request: str) -> None:
        """Say in the mark that all of a release but the manifest is there; the tasks file is put there before.

        Whoever is asked for the same again can finish it from then on, once it is in its place in ``out``.

        Args:
            release: of this machine, which is not in its place yet.
            request: what it was asked for by.

        Raises:
            OutputError: one cannot be put there.
        """
        if release.rules.is_file():
            self.folder.put(RULES, release.rules)
        self._sealed = sha256(release.manifest)
        self.folder.write(MARK, _Mark(_keyed(self.out), self._sealed, _keyed(self.out, request)).to_bytes())

    def finish(self) -> None:
        """Put the manifest there, which makes the release whole, and remove the mark; the release is in its place.

        Raises:
            OutputError: says how to go on.
        """
        try:
            self.folder.put(MANIFEST, self.out.release.manifest)
            self.end()
        except OutputError as error:
            raise OutputError(
                f"{error.text}: all shards are there, and {self.out.path} holds the rest; run the same command again, "
                "which finishes it"
            ) from error

    def begin(self) -> None:
        """Remove what a killed run of the same output folder left, and mark the folder.

        Raises:
            OutputError: something else lies there, or it cannot be written.
        """
        _require_ours(self.folder, _keyed(self.out))
        _clear(self.folder)
        self.folder.write(MARK, _Mark(_keyed(self.out)).to_bytes())

    def give_up(self) -> bool:
        """Remove what was put there, unless the release is in its place in ``out``; whether it is."""
        placed = self._sealed != "" and self._sealed == _hash_of(self.out.release)
        if not placed:
            with suppress(MtlueError):
                _clear(self.folder)
        return placed

    def unfinished(self) -> _Mark | None:
        """The mark of a run of this output folder that was killed when the manifest alone was missing."""
        files = {file.name: file for file in self.folder.everything()}
        if MARK not in files:
            return None
        mark = _Mark.from_bytes(self.folder.read(files[MARK]))
        if mark.owner != _keyed(self.out) or mark.manifest != _hash_of(self.out.release):
            return None
        return mark if _listed(self.out.release) <= {*files} else None

    def end(self) -> None:
        """Remove the mark."""
        self.folder.remove([file for file in self.folder.everything() if file.name == MARK])


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

    Where the block ends with an error, what was put there is removed, unless the release is in its place in ``out``.

    Args:
        address: of the folder, as fsspec names it.
        out: the output folder of this machine, which is reserved.

    Raises:
        InputError: it is no address, or cannot be looked at.
        OutputError: something lies there, or it cannot be written.
    """
    if not is_address(address):
        raise InputError(f"{param('store')} {address} is no address: give one as fsspec names it, s3://bucket/data")
    store = _store(address, out)
    store.begin()
    try:
        yield store
        store.end()
    except BaseException as error:
        if store.give_up():
            error.add_note(f"run the same command again to finish {address}")
        raise


def finish_store(address: str, out: OutputFolder, request: str) -> bool:
    """Finish a store whose run was killed after its release was in its place in ``out``.

    Args:
        address: of the folder, as fsspec names it.
        out: the output folder of this machine.
        request: what is asked for now.

    Returns:
        Whether there was anything to finish.

    Raises:
        InputError: the store cannot be read.
        OutputError: it cannot be written, another run is writing to ``out``, or its release was asked for by another
            request.
    """
    if not (is_address(address) and out.release.manifest.is_file()):
        return False
    with settled(out):
        store = _store(address, out)
        mark = store.unfinished()
        if mark is None:
            return False
        if mark.request != _keyed(out, request):
            raise OutputError(
                f"{out.path} and {address} hold a release that was killed while it was finished, by a command with "
                "other options: run that command again, choose another folder and address, or remove first what lies "
                f"at {address}"
            )
        store.finish()
        return True


def _store(address: str, out: OutputFolder) -> ReleaseStore:
    return ReleaseStore(RemoteFolder(address.rstrip("/")), out)


class _Shard(Struct):
    """What is read here of a shard in a manifest."""

    file_name: str
    manifest: str


class _Manifest(Struct):
    """What is read here of a manifest: all of it (:mod:`.manifest`) takes torch, and this is read before that."""

    shards: list[_Shard]


def _listed(release: ReleaseFolder) -> set[str]:
    """The files of a release in shards, but for the manifest."""
    shards = read_json(release.manifest, _Manifest, "run the command that wrote it again").shards
    rules = {RULES} if release.rules.is_file() else set()
    return {*(shard.file_name for shard in shards), *(shard.manifest for shard in shards)} | rules


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


def _keyed(out: OutputFolder, *texts: str) -> str:
    """A hash of an output folder, and of texts, that this user alone can make."""
    token = user_state_path("mtlue") / "owner"
    if not token.is_file():
        write_secret_text(token, secrets.token_hex(16))
    keyed = "\n".join([token.read_text(encoding="utf-8"), str(out.path.resolve()), *texts])
    return hashlib.sha256(keyed.encode()).hexdigest()


def _hash_of(release: ReleaseFolder) -> str | None:
    """Of the manifest; None where there is no release."""
    return sha256(release.manifest) if release.manifest.is_file() else None


def _require_ours(folder: RemoteFolder, owner: str) -> None:
    files = {file.name: file for file in folder.everything()}
    if not files:
        return
    if MANIFEST in files:
        raise OutputError(f"{folder.root} already holds a release: choose another address, or remove it there")
    if MARK not in files or (foreign := [name for name in files if not _of_release(name)]):
        some = ", ".join(([*files] if MARK not in files else foreign)[:3])
        raise OutputError(f"{folder.root} is not empty ({some}): choose another address")
    if _Mark.from_bytes(folder.read(files[MARK])).owner != owner:
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
