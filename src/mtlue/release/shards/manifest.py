"""The manifest of a release in shards: each shard and its own manifest, by hash."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct

from mtlue.bounds import LEVELS
from mtlue.errors import MtlueError, VerificationError
from mtlue.imaging.sizes import is_range
from mtlue.release.layout import MANIFESTS, SHARDS, ReleaseFolder
from mtlue.release.manifest import (
    Crop,
    FormatName,
    Hash,
    Levels,
    MethodName,
    Name,
    Quality,
    ReleasedFile,
    ShortText,
    Side,
    StatedFormat,
    Version,
)
from mtlue.release.names import name_fault, quoted_text
from mtlue.structured import read_json

FORMAT: Final = 3
_REMEDY = "this is not a whole release of this version; copy it again, or run the command that wrote it again"


class ReleasedShard(Struct, frozen=True, forbid_unknown_fields=True):
    """One shard: its path below the release, that of its manifest, their hashes, and how many images it holds."""

    file_name: Name
    sha256: Hash
    manifest: Name
    manifest_sha256: Hash
    images: Annotated[int, Meta(ge=1)]


class ShardedManifest(StatedFormat, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What ``manifest.json`` holds where images are in shards. A field that is not listed here is refused.

    Attributes:
        packing: kind of the shards.
        largest_change: of all shards; each shard's own manifest has that of its images.
        shards: each of them.
        rules: the tasks file, where there is one.

    All others are as in :class:`mtlue.release.manifest.Manifest`, and the same in every shard's own manifest.
    """

    tool: Literal["mtlue"] = "mtlue"
    format: Literal[3] = FORMAT
    version: Version
    method: MethodName
    epsilon: Annotated[float, Meta(ge=1, le=LEVELS)]
    packing: MethodName
    image_format: FormatName
    quality: Quality | None = None
    largest_change: Levels | None = None
    native: bool
    size: tuple[Side, Side]
    channels: Literal[1, 3]
    center_crop: Crop | None
    counts: dict[ShortText, Annotated[int, Meta(ge=0)]]
    shards: Annotated[tuple[ReleasedShard, ...], Meta(min_length=1)]
    rules: ReleasedFile | None = None
    labels_left_out: tuple[ShortText, ...] = ()
    value_range: tuple[float, float] | None = None

    def file_names(self) -> list[str]:
        """The paths of all files that the manifest lists, below the release."""
        names = [name for shard in self.shards for name in (shard.file_name, shard.manifest)]
        return names if self.rules is None else [*names, self.rules.file_name]

    @classmethod
    def read(cls, release: Path) -> "ShardedManifest":
        """Read the manifest of a release in shards.

        Raises:
            VerificationError: there is none, or it is damaged.
        """
        path = ReleaseFolder(release).manifest
        manifest = read_json(path, cls, _REMEDY, VerificationError)
        if fault := _fault(manifest):
            raise VerificationError(f"{path} is damaged ({fault}): {_REMEDY}")
        return manifest


class _Kind(Struct):
    """What tells a release in shards from one of files."""

    format: Any


def in_shards(release: Path) -> bool:
    """Whether a release is one of shards; one that cannot be read is not."""
    try:
        return bool(read_json(ReleaseFolder(release).manifest, _Kind, "").format == FORMAT)
    except MtlueError:
        return False


def _fault(manifest: ShardedManifest) -> str | None:
    counted, held = sum(manifest.counts.values()), sum(shard.images for shard in manifest.shards)
    if counted != held:
        return f"it counts {counted} images, and its shards hold {held}"
    if manifest.format_fault:
        return manifest.format_fault
    if manifest.value_range is not None and not is_range(manifest.value_range):
        return "value_range is not a number of black and a greater one of white"
    for shard in manifest.shards:
        if fault := name_fault(shard.file_name, SHARDS) or name_fault(shard.manifest, MANIFESTS):
            return fault
    repeated = next((name for name, count in Counter(manifest.file_names()).items() if count > 1), None)
    return None if repeated is None else f"file_name {quoted_text(repeated)} appears twice"
