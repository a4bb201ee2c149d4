"""Proof that a release is whole and unchanged, holds nothing but what it should, and is within epsilon."""

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image

from mtlue.data import Pipeline
from mtlue.data.loading import CleanImages
from mtlue.errors import VerificationError, param
from mtlue.files import sha256
from mtlue.release.checks.changes import Change
from mtlue.release.checks.faults import ReleaseError, Remedy, raise_any
from mtlue.release.checks.folder import cards, folder_faults
from mtlue.release.checks.images import check_file, measure
from mtlue.release.checks.labels import label_fault, telling_faults
from mtlue.release.checks.tables import checked_metadata, table_faults
from mtlue.release.decoded import Difference
from mtlue.release.finding import find_release, unreadable
from mtlue.release.layout import MANIFEST, METADATA, RELEASE, OutputFolder
from mtlue.release.manifest import Manifest, ReleasedImage
from mtlue.release.names import alike_names, portable, publishable, quoted_text
from mtlue.release.seal import sealed_manifest
from mtlue.release.shards.manifest import ShardedManifest
from mtlue.runtime import Runtime
from mtlue.threads import of_files

__all__ = [
    "Checked",
    "Verification",
    "check_release",
    "checked_metadata",
    "find_release",
    "prove",
    "reading_pipeline",
    "verify",
]
WIDE_EPSILON = 32
"""Levels; a release that allows itself more is pointed out."""


@dataclass(frozen=True)
class Checked:
    """A release whose files are valid: whole, unchanged, of their format, and of the sizes that its manifest says.

    Attributes:
        folder: of the release.
        manifest: that it was checked by.
        notes: what could not be checked, and what else should be known.
    """

    folder: Path
    manifest: Manifest
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verification:
    """What was proved.

    Attributes:
        images: that were checked.
        largest_change: of a pixel, in levels; None without clean images.
        unchanged: images that are identical to their clean ones; None without clean images.
        hardly: images that changed by one level at most, or in very few values; None without clean images.
        difference: of all images from their clean ones, as lossy files are decoded; None of lossless ones, and without
            clean images.
    """

    images: int
    largest_change: int | None
    unchanged: int | None = None
    hardly: int | None = None
    difference: Difference | None = None


def reading_pipeline(manifest: Manifest | ShardedManifest) -> Pipeline:
    """How clean images must be read to be comparable with the release."""
    return Pipeline(
        size=manifest.size,
        channels=manifest.channels,
        center_crop=manifest.center_crop,
        value_range=manifest.value_range,
    )


def verify(out: Path, clean: CleanImages | None, runtime: Runtime) -> Verification:
    """Check files, hashes and sizes and, where clean images are given, the epsilon contract in every pixel.

    Args:
        out: folder that holds the release.
        clean: the images that were protected, read with :func:`reading_pipeline`, at their own sizes if the release
            has them so; further ones do no harm.
        runtime: for its progress.

    Raises:
        VerificationError: names the offending files.
    """
    return prove(check_release(out, runtime), clean, runtime)


def check_release(out: Path, runtime: Runtime) -> Checked:
    """Everything that can be proved without decoding a pixel, of the release or of a clean image.

    Raises:
        VerificationError: names the offending files.
    """
    release = find_release(out)
    try:
        return _checked(release, runtime)
    except OSError as error:
        raise VerificationError(unreadable(release, error)) from error


def prove(checked: Checked, clean: CleanImages | None, runtime: Runtime) -> Verification:
    """Decode every image of a checked release and compare it with its clean one, where those are given.

    Raises:
        VerificationError: names the images that leave the epsilon-ball, or label maps that are the clean images; or no
            image differs from its clean one.
    """
    proof = measured(checked, clean, runtime)
    require_protected(checked.folder, proof)
    return proof


def measured(checked: Checked, clean: CleanImages | None, runtime: Runtime) -> Verification:
    """As :func:`prove`, of images that need not differ from their clean ones: a part of a release, say.

    Raises:
        VerificationError: as :func:`prove`.
    """
    manifest = checked.manifest
    proof = _measured(checked.folder, manifest, manifest.images, clean, runtime)
    if clean is not None:
        raise_any(checked.folder, telling_faults(checked.folder, manifest, clean))
    return proof


def require_protected(release: Path, proof: Verification) -> None:
    """Refuse a release of which nothing is protected.

    Raises:
        VerificationError: no image differs from its clean one.
    """
    if proof.images and proof.unchanged == proof.images:
        raise VerificationError(
            f"{release} failed the check: no image differs from its clean one, so nothing is protected. Give "
            f"the clean images that were protected ({param('dataset')}, {param('data')}); if these are the ones, do "
            f"not publish it: protect again (more images, if {param('fraction')} left all of them unchanged)"
        )


def verify_images(
    release: Path,
    manifest: Manifest,
    images: Sequence[ReleasedImage],
    clean: CleanImages | None,
    runtime: Runtime,
    what: str,
) -> Verification:
    """Check some of a release's images, for those who learn from them: files, pixels and, against clean ones, epsilon.

    What their colour profiles hold does not matter here. ``what`` they are is for progress.
    """
    raise_any(release, _file_faults(release, manifest, images, runtime, f"checking {what}", profiles=False))
    return _measured(release, manifest, images, clean, runtime, f"verifying {what}")


def _file_faults(
    release: Path,
    manifest: Manifest,
    images: Sequence[ReleasedImage],
    runtime: Runtime,
    description: str = "checking files",
    profiles: bool = True,
) -> Iterator[ReleaseError | None]:
    faults = of_files(partial(check_file, release, manifest, profiles=profiles), images, _size(manifest))
    return runtime.progress.track(faults, description, len(images))


def _measured(
    release: Path,
    manifest: Manifest,
    images: Sequence[ReleasedImage],
    clean: CleanImages | None,
    runtime: Runtime,
    description: str = "verifying",
) -> Verification:
    results = of_files(partial(measure, release, manifest, clean), images, _size(manifest))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # sizes were checked
        measured = Counter(runtime.progress.track(results, description, len(images)))  # many changes are equal
    raise_any(release, [result for result in measured if isinstance(result, ReleaseError)])
    if clean is None:
        return Verification(len(images), None)
    changes = [result for result in measured.elements() if isinstance(result, Change)]
    return Verification(
        len(images),
        max((change.levels or 0 for change in changes), default=0),
        unchanged=sum(change.none for change in changes),
        hardly=sum(change.hardly for change in changes),
        difference=_summed([change.difference for change in changes if change.difference is not None]),
    )


def _summed(differences: Sequence[Difference]) -> Difference | None:
    return sum(differences, Difference()) if differences else None


def _checked(release: Path, runtime: Runtime) -> Checked:
    manifest = Manifest.read(release)
    notes = [*seal_notes(release), *_notes(manifest), *note_on_cards(release)]
    strangers = folder_faults(release, [METADATA, *manifest.file_names()])
    raise_any(release, [fault for fault in strangers if fault.remedy is not Remedy.DELETE])  # links are not followed
    labels = of_files(partial(label_fault, release, manifest), manifest.labels, _size(manifest))
    faults = [*strangers, *table_faults(release, manifest), *labels]
    raise_any(release, [*faults, *_file_faults(release, manifest, manifest.images, runtime)])
    return Checked(release, manifest, tuple(notes))


def _size(manifest: Manifest) -> tuple[int, int] | None:
    return None if manifest.native else manifest.size


def seal_notes(release: Path) -> list[str]:
    """Where the private folder lies next to the release, the manifest must be the one that was written with it.

    Returns:
        A note where that could not be checked.
    """
    private = OutputFolder(release.parent).private
    if release.name != RELEASE:
        return []
    try:
        sealed = sealed_manifest(private)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        return [f"{private.seal} cannot be read ({reason}): so whether {MANIFEST} is unchanged was not checked"]
    if sealed is not None and sealed != sha256(release / MANIFEST):
        raise VerificationError(
            f"{release / MANIFEST} has been changed since it was written: do not publish it; protect again"
        )
    return []


def _notes(manifest: Manifest) -> list[str]:
    names = [image.file_name for image in manifest.images]
    listed = [*names, *(file.file_name for file in manifest.labels)]
    notes = []
    if manifest.epsilon > WIDE_EPSILON:
        notes.append(
            f"the manifest allows changes of {manifest.epsilon:g} levels out of 255: such a wide bound proves little"
        )
    if foreign := [name for name in names if portable(name) != name]:
        notes.append(_of_some(foreign, "is not allowed by Windows or macOS: protect again to have it renamed"))
    if split := [name for name in listed if publishable(name) != portable(name)]:
        notes.append(
            _of_some(split, "means a split to Hugging Face datasets, which may not read the labels: protect again")
        )
    if alike := alike_names(names):
        notes.append(
            _of_some(alike, "is the same as another one to Windows or macOS: protect again to have it renamed")
        )
    return notes


def note_on_cards(release: Path) -> list[str]:
    """A note on a dataset card and the like, which are not checked."""
    names = cards(release)
    if not names:
        return []
    return [f"not checked, as mtlue did not write it: {', '.join(names)} (a dataset card or license may lie here)"]


def _of_some(names: Sequence[str], text: str) -> str:
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return f"the name {quoted_text(names[0])}{more} {text}"
