"""Shards back to releases of files: one shard for a check, or all of them for who learns from the images."""

import shutil
from collections import Counter
from pathlib import Path

import msgspec

from mtlue.data.files.unpacking import unpacked
from mtlue.errors import VerificationError
from mtlue.files import named_errors, sha256
from mtlue.release.checks.faults import ReleaseError, raise_any
from mtlue.release.checks.folder import read_listed
from mtlue.release.layout import ReleaseFolder
from mtlue.release.manifest import LARGEST, Manifest, ReleasedFile
from mtlue.release.shards.manifest import ShardedManifest, in_shards
from mtlue.release.shards.packing import Packing, packing_of
from mtlue.release.shards.parts import read_columns
from mtlue.release.table_files import write_table

LARGEST_SHARD = 2**40
"""Bytes of a shard."""


def unpack_shard(packing: Packing, path: Path, manifest: Path, rules: Path, folder: Path) -> Manifest:
    """Write a shard into an empty folder as a release of files.

    Args:
        packing: its kind.
        path: the shard.
        manifest: its own manifest.
        rules: the tasks file of the release, which may be absent.
        folder: an empty one.

    Returns:
        The shard's manifest.

    Raises:
        VerificationError: the manifest is damaged, or the shard is.
    """
    place = ReleaseFolder(folder)
    with named_errors(folder):
        shutil.copyfile(manifest, place.manifest)
        listed = Manifest.read(folder)
        if rules.is_file():
            shutil.copyfile(rules, place.rules)
        try:
            columns = packing.read(path, listed, folder)
        except ReleaseError as fault:
            raise_any(path, [fault])
        write_table(place.metadata, columns)
    return listed


def as_files(release: Path, cache: Path | None) -> Path:
    """A release of files: the release itself, or the folder that its shards were unpacked into.

    Args:
        release: its folder.
        cache: where the unpacked one is kept; a temporary folder, removed when the process ends, where this is None.

    Raises:
        VerificationError: a shard is missing, was changed or is damaged.
    """
    if not in_shards(release):
        return release
    shards = [release / shard.file_name for shard in ShardedManifest.read(release).shards]
    files = [ReleaseFolder(release).manifest, *(shard for shard in shards if shard.is_file())]
    return unpacked("release", files, lambda folder: unpack_release(release, folder), cache).root


def unpack_release(release: Path, folder: Path) -> None:
    """Write all shards into an empty folder as one release of files; each must be the file that was released.

    Raises:
        VerificationError: a shard is missing, was changed or is damaged.
    """
    whole = ShardedManifest.read(release)
    packing, rules = packing_of(whole.packing), ReleaseFolder(release).rules
    manifests, columns = [], dict[str, list[str]]()
    for number, shard in enumerate(whole.shards):
        raise_any(release, [file_fault(release, ReleasedFile(shard.file_name, shard.sha256))])
        read_manifest(release, shard.manifest, shard.manifest_sha256)
        part = folder / f".{number}"
        part.mkdir()
        manifests.append(unpack_shard(packing, release / shard.file_name, release / shard.manifest, rules, part))
        for name, cells in read_columns(ReleaseFolder(part).metadata).items():
            columns.setdefault(name, []).extend(cells)
        _move(part, folder, manifests[-1].file_names())
    with named_errors(folder):
        write_table(ReleaseFolder(folder).metadata, columns)
    _merged(whole, manifests, sha256(ReleaseFolder(folder).metadata)).write(folder)


def file_fault(release: Path, file: ReleasedFile) -> ReleaseError | None:
    """What is wrong with a shard as a file, which is not read into memory: it is missing, a link, or was changed."""
    path = release / file.file_name
    try:
        if path.is_symlink() or not path.is_file():
            return ReleaseError(f"{file.file_name} is missing, or is not a plain file")
        if sha256(path) != file.sha256:
            return ReleaseError(f"{file.file_name} was changed (its hash is not the manifest's)")
    except OSError as error:
        return ReleaseError(f"{file.file_name} cannot be read ({error.strerror or error})")
    return None


def read_manifest(release: Path, name: str, hashed: str) -> None:
    """Prove that a shard's manifest is the one that was released.

    Raises:
        VerificationError: it is not.
    """
    try:
        read_listed(release, name, hashed, LARGEST)
    except ReleaseError as fault:
        raise_any(release, [fault])


def _move(part: Path, folder: Path, names: list[str]) -> None:
    """Add a shard's files to those of the shards before."""
    for name in names:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (part / name).is_file() and not place.exists():
            (part / name).rename(place)
    shutil.rmtree(part)


def _merged(whole: ShardedManifest, manifests: list[Manifest], metadata: str) -> Manifest:
    counts = sum((Counter(manifest.counts) for manifest in manifests), Counter[str]())
    images = tuple(image for manifest in manifests for image in manifest.images)
    labels = {file.file_name: file for manifest in manifests for file in manifest.labels}
    if len({image.file_name for image in images}) < len(images):
        raise VerificationError("two shards hold an image of one name: protect again")
    return msgspec.structs.replace(
        manifests[0],
        largest_change=whole.largest_change,
        counts=dict(counts),
        metadata_sha256=metadata,
        images=images,
        labels=tuple(labels.values()),
    )
