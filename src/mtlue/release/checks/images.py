"""Images: each is its manifest's file, holds pixels and their colour profile alone, and stays within epsilon."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import Lock

import torch
from torch import Tensor

from mtlue.data.loading import CleanImages
from mtlue.errors import InputError
from mtlue.release.checks.changes import Change, TooDifferentError, lossless_change, lossy_change
from mtlue.release.checks.faults import ReleaseError, Remedy
from mtlue.release.checks.folder import read_listed
from mtlue.release.containers import jpeg
from mtlue.release.containers.contents import ContainerError, Contents, require
from mtlue.release.formats import ImageFormat
from mtlue.release.manifest import Manifest, ReleasedImage
from mtlue.release.names import quoted_text, shown_name
from mtlue.release.profiles import colour_only, describes

MOST_PIXELS = 250_000_000
"""Of an image at its own size."""
_OVERHEAD = 2**23
"""Bytes of a file besides its pixels: a colour profile."""
_LARGE = 2**24
"""Pixels of an image above which only one is decoded at a time, however many CPUs there are."""
_LARGE_TURN = Lock()


def check_file(release: Path, manifest: Manifest, image: ReleasedImage, profiles: bool = True) -> ReleaseError | None:
    """What is wrong with an image's file, before its pixels are decoded and without the clean one.

    Args:
        profiles: whether a colour profile must be reduced to what colour needs; those of older releases are not.
    """
    try:
        _, contents = _examined(release, manifest, image)
        with _named(image):
            if profiles and contents.profile is not None:
                _check_profile(contents.profile, manifest.channels)
            with _in_turn(contents):
                manifest.written_as.check_stream(contents)
    except ReleaseError as fault:
        return fault
    return None


def measure(
    release: Path, manifest: Manifest, clean: CleanImages | None, image: ReleasedImage
) -> Change | ReleaseError:
    """How an image, whose file :func:`check_file` found valid, differs from its clean one.

    Its file is read again, and must still be the same.
    """
    try:
        content, contents = _examined(release, manifest, image)
        with _in_turn(contents):
            before = None if clean is None else _clean(clean, image, contents)
            after = _decoded(manifest, image, content)
            return Change(None) if before is None else _change(manifest, image, before, after)
    except ReleaseError as fault:
        return fault


@contextmanager
def _named(image: ReleasedImage) -> Iterator[None]:
    """Turn what is wrong with a file into a fault that names it."""
    try:
        yield
    except ContainerError as error:
        raise ReleaseError(f"{shown_name(image.file_name)}: {error}", Remedy.PROTECT) from error


def _in_turn(contents: Contents) -> AbstractContextManager[object]:
    """Held while an image is decoded: large ones wait for each other, so that memory is enough for them."""
    return _LARGE_TURN if contents.height * contents.width > _LARGE else nullcontext()


def _examined(release: Path, manifest: Manifest, image: ReleasedImage) -> tuple[bytes, Contents]:
    """A file's bytes and what they say of themselves; the hash and the size are those of the manifest."""
    form = manifest.written_as
    pixels = MOST_PIXELS if manifest.native else manifest.size[0] * manifest.size[1]
    content = read_listed(release, image.file_name, image.sha256, 2 * 3 * pixels + _OVERHEAD)
    with _named(image):
        contents = form.examine(content)
        _check_size(manifest, form, contents)
    return content, contents


def _check_profile(profile: bytes, channels: int) -> None:
    require(colour_only(profile) == profile, "its colour profile holds more than colour needs")
    require(describes(profile, channels), "its colour profile is for another number of channels")


def _check_size(manifest: Manifest, form: ImageFormat, contents: Contents) -> None:
    channels = 3 if form.suffix == ".webp" else manifest.channels  # the format has no grey
    require(contents.bits == 8, f"it has {contents.bits} bits per channel")
    require(contents.channels == channels, f"it has {contents.channels} channels, not {channels}")
    size = (contents.height, contents.width)
    if manifest.native:
        require(size[0] * size[1] <= MOST_PIXELS, f"it is {size[1]}x{size[0]} pixels, more than {MOST_PIXELS}")
    else:
        require(size == manifest.size, f"it is {size[1]}x{size[0]} pixels, not {manifest.size[1]}x{manifest.size[0]}")


def _clean(clean: CleanImages, image: ReleasedImage, contents: Contents) -> Tensor:
    if image.id not in clean:
        raise ReleaseError(
            f"{shown_name(image.file_name)}: no clean image has its id {quoted_text(image.id)}", Remedy.CLEAN
        )
    try:
        before = clean[image.id]
    except InputError as error:
        raise ReleaseError(
            f"{shown_name(image.file_name)}: its clean image cannot be used ({error})", Remedy.CLEAN
        ) from error
    if tuple(before.shape[1:]) != (contents.height, contents.width):
        raise ReleaseError(
            f"{shown_name(image.file_name)} is {contents.width}x{contents.height} pixels, its clean image "
            f"{before.shape[2]}x{before.shape[1]}",
            Remedy.CLEAN,
        )
    return before


def _decoded(manifest: Manifest, image: ReleasedImage, content: bytes) -> Tensor:
    form = manifest.written_as
    with _named(image):
        pixels = form.decode(content, manifest.channels)
        if manifest.image_format == "jpeg":
            jpeg.check_tail(content, lambda other: torch.equal(form.decode(other, manifest.channels), pixels))
    return pixels


def _change(manifest: Manifest, image: ReleasedImage, before: Tensor, after: Tensor) -> Change:
    form = manifest.written_as
    try:
        if form.lossless:
            return lossless_change(before, after, manifest.epsilon)
        return lossy_change(before, after, manifest.epsilon, form, manifest.largest_change)
    except TooDifferentError as fault:
        raise ReleaseError(f"{shown_name(image.file_name)} {fault}", Remedy.CLEAN) from fault
