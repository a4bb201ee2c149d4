"""Proof that a release is whole, unchanged, and within epsilon of the clean images."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
from torch import Tensor

from mtlue.bounds import LEVELS, largest_difference, whole_levels
from mtlue.data import Pipeline
from mtlue.data.loading import CleanImages
from mtlue.errors import VerificationError
from mtlue.files import sha256
from mtlue.release.formats import FORMATS, read_with_exif
from mtlue.release.manifest import METADATA, Manifest, ReleasedFile, ReleasedImage
from mtlue.release.staging import MANIFEST, PARTIAL, PRIVATE, RELEASE
from mtlue.release.writer import SEAL
from mtlue.runtime import Runtime
from mtlue.threads import of_files

_NAMED = 5


@dataclass(frozen=True)
class Verification:
    """What was proved: the number of images, and the largest change in levels (None without clean images)."""

    images: int
    largest_change: int | None


def find_release(out: Path) -> Path:
    """The release in ``out``, which may be the output folder or the release itself.

    Raises:
        VerificationError: there is no whole release.
    """
    if (out / RELEASE / MANIFEST).is_file():
        return out / RELEASE
    if (out / MANIFEST).is_file():
        return out
    if not out.exists():
        raise VerificationError(f"{out} does not exist: give the folder that protect or apply wrote")
    what = "holds an interrupted run" if (out / PARTIAL).exists() else "holds no whole release"
    raise VerificationError(f"{out} {what}: run the command that was to write it again")


def reading_pipeline(manifest: Manifest) -> Pipeline:
    """How clean images must be read to be comparable with the release."""
    return Pipeline(
        size=manifest.size,
        channels=manifest.channels,
        center_crop=manifest.center_crop,
        value_range=manifest.value_range,
    )


def verify(out: Path, clean: CleanImages | None, runtime: Runtime) -> Verification:
    """Check hashes, sizes and, where clean images are given, the epsilon contract in every pixel.

    Args:
        out: folder that holds the release.
        clean: the images that were protected, read with :func:`reading_pipeline`, at their own sizes if the release
            has them so; more than those are no harm.
        runtime: for its progress.

    Raises:
        VerificationError: names the offending files.
    """
    release = find_release(out)
    manifest = Manifest.read(release)
    _check_seal(release)
    _check_files(release, manifest)
    _check_labels(release, manifest)
    return verify_images(release, manifest, manifest.images, clean, runtime)


def verify_images(
    release: Path,
    manifest: Manifest,
    images: Sequence[ReleasedImage],
    clean: CleanImages | None,
    runtime: Runtime,
) -> Verification:
    """Check some of a release's images as :func:`verify` does."""
    largest = 0
    problems: list[str] = []
    results = of_files(partial(_checked, release, manifest, clean), images, _size(manifest))
    for result in runtime.progress.track(results, "verifying", len(images)):
        if isinstance(result, str):
            problems.append(result)
        else:
            largest = max(largest, result)
    _raise_if_any(release, problems)
    return Verification(len(images), largest if clean is not None else None)


def _size(manifest: Manifest) -> tuple[int, int] | None:
    return None if manifest.native else manifest.size


def _checked(release: Path, manifest: Manifest, clean: CleanImages | None, image: ReleasedImage) -> int | str:
    """The largest change of an image in levels (0 without a clean one), or what is wrong with it."""
    try:
        pixels = _read_checked(release, manifest, image)
        return 0 if clean is None else _change(manifest, image, pixels, clean)
    except VerificationError as error:
        return str(error)


def _check_files(release: Path, manifest: Manifest) -> None:
    """Everything but the pixels: no file too many, and a table that agrees with the manifest."""
    expected = {image.file_name for image in manifest.images} | {file.file_name for file in manifest.labels}
    expected |= {METADATA, MANIFEST}
    problems = []
    for path in sorted(release.rglob("*")):
        name = path.relative_to(release).as_posix()
        if path.is_symlink():
            problems.append(f"{name} is a link, not a file of the release")
        elif path.is_file() and name not in expected:
            problems.append(f"{name} is not in the manifest")
    metadata = release / METADATA
    if not metadata.is_file():
        problems.append(f"{METADATA} is missing")
    elif sha256(metadata) != manifest.metadata_sha256:
        problems.append(f"{METADATA} was changed")
    else:
        problems += _table_faults(metadata, manifest)
    _raise_if_any(release, problems)


def _check_labels(release: Path, manifest: Manifest) -> None:
    """Label maps and the tasks file, by hash."""
    faults = of_files(partial(_label_fault, release), manifest.labels, _size(manifest))
    _raise_if_any(release, [fault for fault in faults if fault])


def _label_fault(release: Path, file: ReleasedFile) -> str | None:
    path = release / file.file_name
    if not path.is_file():
        return f"{file.file_name} is missing"
    return None if sha256(path) == file.sha256 else f"{file.file_name} was changed (its hash is not the manifest's)"


def read_metadata(release: Path) -> pd.DataFrame:
    """The release's table as strings; empty cells are missing labels.

    Raises:
        VerificationError: it cannot be read, or lacks a column that every release has.
    """
    try:
        table = pd.read_csv(release / METADATA, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise VerificationError(f"{release / METADATA} cannot be read ({error}): protect again") from error
    absent = [name for name in ("file_name", "id", "split") if name not in table.columns]
    if absent:
        raise VerificationError(f"{release / METADATA} has no column '{absent[0]}': protect again")
    return table


def _table_faults(metadata: Path, manifest: Manifest) -> list[str]:
    table = read_metadata(metadata.parent)
    listed = [(image.file_name, image.id) for image in manifest.images]
    if list(zip(table["file_name"], table["id"], strict=True)) != listed:
        return [f"{METADATA} does not list the images that {MANIFEST} lists"]
    if dict(Counter(table["split"])) != manifest.counts:
        return [f"{METADATA} and {MANIFEST} count other images in the splits"]
    return []


def _check_seal(release: Path) -> None:
    """Where the private folder lies beside the release, the manifest must be the one that was written with it."""
    seal = release.parent / PRIVATE / SEAL
    if release.name == RELEASE and seal.is_file() and seal.read_text().strip() != sha256(release / MANIFEST):
        raise VerificationError(
            f"{release / MANIFEST} was changed since it was written: do not publish it; protect again"
        )


def _read_checked(release: Path, manifest: Manifest, image: ReleasedImage) -> Tensor:
    path = release / image.file_name
    if not path.is_file():
        raise VerificationError(f"{image.file_name} is missing")
    if sha256(path) != image.sha256:
        raise VerificationError(f"{image.file_name} was changed (its hash is not the manifest's)")
    try:
        pixels, exif = read_with_exif(path, manifest.channels)
    except (OSError, ValueError, SyntaxError) as error:
        raise VerificationError(f"{image.file_name} cannot be read ({error})") from error
    if exif:
        raise VerificationError(f"{image.file_name} carries EXIF data")
    expected = (manifest.channels, *(pixels.shape[1:] if manifest.native else manifest.size))
    if tuple(pixels.shape) != expected:
        raise VerificationError(f"{image.file_name} is {list(pixels.shape)}, not {list(expected)}")
    return pixels


def _change(manifest: Manifest, image: ReleasedImage, pixels: Tensor, clean: CleanImages) -> int:
    if image.id not in clean:
        raise VerificationError(f"{image.file_name}: no clean image has its id '{image.id}'")
    before = clean[image.id]
    if pixels.shape != before.shape:
        raise VerificationError(f"{image.file_name} is {list(pixels.shape)}, its clean image {list(before.shape)}")
    change = largest_difference(pixels, before)
    if change > whole_levels(manifest.epsilon / LEVELS) and FORMATS[manifest.image_format].lossless:
        raise VerificationError(
            f"{image.file_name} differs by {change} levels from its clean image, more than {manifest.epsilon:g}"
        )
    return change


def _raise_if_any(release: Path, problems: Sequence[str]) -> None:
    if problems:
        more = f" (and {len(problems) - _NAMED} more)" if len(problems) > _NAMED else ""
        raise VerificationError(
            f"{release} failed the check: {'; '.join(problems[:_NAMED])}{more}. Do not publish it; protect again"
        )
