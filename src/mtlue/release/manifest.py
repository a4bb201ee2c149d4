"""The release's manifest: what was released, by hash; nothing that helps to undo the protection."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from mtlue.bounds import LEVELS
from mtlue.errors import VerificationError
from mtlue.files import write_bytes
from mtlue.imaging.limits import MIN_SIDE
from mtlue.imaging.sizes import MAX_SIDE, is_range
from mtlue.release.form import LOSSLESS, QUALITIES
from mtlue.release.formats import FORMATS, ImageFormat, image_format
from mtlue.release.layout import IMAGES, LABELS, RULES, ReleaseFolder
from mtlue.release.names import name_fault, quoted_text
from mtlue.structured import read_json, read_long_json

FORMAT: Final = 2
EARLIER_QUALITY = 95
"""Of lossy releases whose manifest does not say it: the only one that there was."""
LARGEST = 2**30
"""Bytes of a manifest: about five million images."""

ShortText = Annotated[str, Meta(max_length=1024)]
Version = Annotated[
    str,
    Meta(
        max_length=64,
        pattern=r"\A[0-9]{1,6}(\.[0-9]{1,6}){0,4}((a|b|rc)[0-9]{1,6})?(\.post[0-9]{1,6})?(\.dev[0-9]{1,6})?"
        r"(\+[a-z0-9]+(\.[a-z0-9]+)*)?\Z",
    ),
]
"""As Python packages are numbered (PEP 440)."""
MethodName = Annotated[str, Meta(max_length=64, pattern=r"\A[A-Za-z0-9]+([-_][A-Za-z0-9]+)*\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=4096)]
Hash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Side = Annotated[int, Meta(ge=MIN_SIDE, le=MAX_SIDE)]
Crop = Annotated[int, Meta(ge=MIN_SIDE, le=2048)]
"""A square in the middle of a source. Every clean image is cut to it, and filled up where it is smaller."""
FormatName = Annotated[str, Meta(pattern=rf"\A({'|'.join(FORMATS)})\Z")]
Quality = Annotated[int, Meta(ge=QUALITIES[0], le=QUALITIES[-1])]
Levels = Annotated[int, Meta(ge=0, le=LEVELS)]


class ReleasedImage(Struct, frozen=True, forbid_unknown_fields=True):
    """One file of the release: its path below the release, and the SHA-256 of its bytes."""

    file_name: Name
    id: Annotated[str, Meta(max_length=4096)]
    sha256: Hash


class ReleasedFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Another file of the release: its path below the release, and the SHA-256 of its bytes."""

    file_name: Name
    sha256: Hash


class StatedFormat(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a manifest says of its images' format, in other words; it has the fields, in an order of its own."""

    if TYPE_CHECKING:
        image_format: str
        quality: int | None
        largest_change: int | None

    def write(self, release: Path) -> None:
        """Write the manifest where a release has it."""
        self.write_to(ReleaseFolder(release).manifest)

    def write_to(self, path: Path) -> None:
        """Write the manifest: JSON, a line for each value."""
        write_bytes(path, msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")

    @property
    def lossless(self) -> bool:
        """Whether every pixel is read back as it was written, so that epsilon bounds what a reader sees."""
        return LOSSLESS[self.image_format]

    @property
    def written_as(self) -> ImageFormat:
        """How its images are written and read."""
        return image_format(self.image_format, None if self.lossless else self.quality or EARLIER_QUALITY)

    @property
    def format_in_words(self) -> str:
        """The files' format, with its quality where it has one."""
        return self.image_format if self.quality is None else f"{self.image_format} of quality {self.quality}"

    @property
    def format_fault(self) -> str | None:
        """What the manifest claims of a lossless format that no such has."""
        if self.lossless and (self.quality, self.largest_change) != (None, None):
            return f"{self.image_format} is lossless, so it has neither a quality nor another bound than epsilon"
        return None


class Manifest(StatedFormat, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What ``manifest.json`` holds. A field that is not listed here is refused: nothing proves what it says.

    Attributes:
        tool: that wrote it.
        format: of the manifest.
        method: name of the protection method.
        epsilon: bound in levels, 1/255 each.
        image_format: name of the files' format.
        quality: that lossy files were written with; None of lossless ones.
        largest_change: of a value from the clean image, in levels, as lossy files are decoded; None of lossless ones,
            which ``epsilon`` bounds.
        native: whether each image has a size of its own.
        size: (H, W) that the perturbation was found at; of every image, unless ``native``.
        channels: 1 or 3.
        center_crop: side of the square that was cut from the sources, if any.
        counts: images in each split.
        metadata_sha256: hash of ``metadata.csv``.
        labels: label maps, and the tasks file that says how to read them.
        labels_left_out: dense tasks whose label maps are not in the release.
        value_range: numbers that were shown as black and as white, of sources wider than a byte, if there were any.
    """

    tool: Literal["mtlue"] = "mtlue"
    format: Literal[2] = FORMAT
    version: Version
    method: MethodName
    epsilon: Annotated[float, Meta(ge=1, le=LEVELS)]
    image_format: FormatName
    quality: Quality | None = None
    largest_change: Levels | None = None
    native: bool
    size: tuple[Side, Side]
    channels: Literal[1, 3]
    center_crop: Crop | None
    counts: dict[ShortText, Annotated[int, Meta(ge=0)]]
    metadata_sha256: Hash
    images: Annotated[tuple[ReleasedImage, ...], Meta(min_length=1)]
    labels: tuple[ReleasedFile, ...] = ()
    labels_left_out: tuple[ShortText, ...] = ()
    value_range: tuple[float, float] | None = None

    def file_names(self) -> list[str]:
        """The paths of all images, label maps and the tasks file, below the release."""
        return [*(image.file_name for image in self.images), *(file.file_name for file in self.labels)]

    def map_names(self) -> frozenset[str]:
        """The paths of all label maps, below the release."""
        return frozenset(file.file_name for file in self.labels if file.file_name != RULES)

    @classmethod
    def read(cls, release: Path) -> "Manifest":
        """Read a release's manifest.

        Raises:
            VerificationError: there is none, or it is damaged.
        """
        return cls.read_file(ReleaseFolder(release).manifest)

    @classmethod
    def read_file(cls, path: Path) -> "Manifest":
        """As :meth:`read`, of a manifest wherever it lies."""
        remedy = "this is not a whole release of this version; copy it again, or run the command that wrote it again"
        _check_length(path)
        manifest = read_long_json(path, cls)
        if manifest is None:  # it says what is wrong
            kind = read_json(path, _Kind, remedy, VerificationError)
            if (kind.tool, kind.format) != ("mtlue", FORMAT):
                raise VerificationError(f"{path} is of another format: use the version of mtlue that wrote it")
            manifest = read_json(path, cls, remedy, VerificationError)
        fault = _count_fault(manifest) or manifest.format_fault or _range_fault(manifest) or _name_fault(manifest)
        if fault:
            raise VerificationError(f"{path} is damaged ({fault}): {remedy}")
        return manifest


class _Kind(Struct):
    """What tells a manifest of another version or another tool."""

    tool: Any
    format: Any


def _check_length(path: Path) -> None:
    """Refuse what no memory could hold; reading it will say what else may be wrong."""
    try:
        length = path.stat().st_size
    except OSError:
        return
    if length > LARGEST:
        raise VerificationError(f"{path} has {length} bytes, more than any manifest: it was not written by mtlue")


def _count_fault(manifest: Manifest) -> str | None:
    counted = sum(manifest.counts.values())
    if counted != len(manifest.images):
        return f"it counts {counted} images and lists {len(manifest.images)}"
    return None


def _range_fault(manifest: Manifest) -> str | None:
    if manifest.value_range is None or is_range(manifest.value_range):
        return None
    low, high = manifest.value_range
    return f"value_range {low:g} to {high:g} is not a number of black and a greater one of white"


def _name_fault(manifest: Manifest) -> str | None:
    """The first name that must not be opened, has another format's suffix, or appears twice."""
    suffix = manifest.written_as.suffix
    for image in manifest.images:
        if fault := name_fault(image.file_name, IMAGES):
            return fault
        if not image.file_name.endswith(suffix):
            return f"{quoted_text(image.file_name)} does not end with {suffix}, as {manifest.image_format} files do"
    for file in manifest.labels:
        if file.file_name != RULES and (fault := name_fault(file.file_name, LABELS)):
            return fault
    return _repeated("file_name", manifest.file_names()) or _repeated("id", [image.id for image in manifest.images])


def _repeated(what: str, values: Sequence[str]) -> str | None:
    if len(set(values)) == len(values):
        return None
    repeated = next(value for value, count in Counter(values).items() if count > 1)
    return f"{what} {quoted_text(repeated)} appears twice"
