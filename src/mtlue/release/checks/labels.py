"""Label maps: each is its manifest's file, of the working size, holds numbers alone, and is not the clean image."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from mtlue.data.loading import CleanImages
from mtlue.imaging.telltale import Disclosure, disclosure_of, first_disclosing
from mtlue.release.checks.faults import ReleaseError, Remedy
from mtlue.release.checks.folder import read_listed
from mtlue.release.checks.tables import read_metadata, rules_fault
from mtlue.release.containers import png
from mtlue.release.containers.contents import ContainerError, require
from mtlue.release.labelmaps import classes_in
from mtlue.release.layout import RULES
from mtlue.release.manifest import Manifest, ReleasedFile
from mtlue.release.names import quoted_text, shown_name
from mtlue.structured import LARGEST_YAML
from mtlue.threads import of_files

_MOST_BYTES = 24
"""Of a pixel: three numbers of double precision."""
_OVERHEAD = 2**16
"""Bytes of a file besides its numbers."""
_MAGIC = b"\x93NUMPY\x01\0"
_NPY_HEADER = re.compile(
    rb"\{'descr': '([<|][fiu]\d)', 'fortran_order': False, 'shape': \((\d+), (\d+)(?:, (3))?\), \} *\n"
)
"""As NumPy writes it: spaces up to a round length and a line's end."""


def label_fault(release: Path, manifest: Manifest, file: ReleasedFile) -> ReleaseError | None:
    """What is wrong with a label map, or with the tasks file."""
    limit = LARGEST_YAML if file.file_name == RULES else _largest(manifest)
    try:
        content = read_listed(release, file.file_name, file.sha256, limit)
        if file.file_name == RULES:
            return rules_fault(release)
        _check_map(content, PurePosixPath(file.file_name).suffix, manifest.size)
    except ReleaseError as fault:
        return fault
    except ContainerError as error:
        return ReleaseError(f"{shown_name(file.file_name)}: {error}")
    return None


def telling_faults(release: Path, manifest: Manifest, clean: CleanImages) -> list[ReleaseError]:
    """Label maps of a checked release that are the clean images themselves: one fault for each task.

    Args:
        clean: every image of the release, at its size.

    Raises:
        VerificationError: the table cannot be read.
    """
    sums = {file.file_name: file.sha256 for file in manifest.labels if file.file_name != RULES}
    table = read_metadata(release)
    faults = []
    for column in table.columns:
        rows = [_Row(key, place) for key, place in zip(table["id"], table[column], strict=True) if place in sums]
        results = list(of_files(partial(_disclosure, release, manifest, clean, sums), rows, manifest.size))
        if (position := first_disclosing(results)) is not None:
            name = shown_name(rows[position].place)
            text = (
                f"{name}: the label map of task {quoted_text(column)} is the clean image itself, or reveals all of it"
            )
            faults.append(ReleaseError(text, Remedy.WITHOUT))
    return faults


@dataclass(frozen=True)
class _Row:
    """An image's id and its label map's path below the release."""

    key: str
    place: str


def _disclosure(
    release: Path, manifest: Manifest, clean: CleanImages, sums: Mapping[str, str], row: _Row
) -> Disclosure:
    content = io.BytesIO(read_listed(release, row.place, sums[row.place], _largest(manifest)))
    classes = classes_in(PurePosixPath(row.place).suffix)
    label = np.asarray(Image.open(content)) if classes else np.load(content, allow_pickle=False)
    return disclosure_of(clean[row.key].numpy(), label, classes)


def _largest(manifest: Manifest) -> int:
    """Bytes that no label map exceeds."""
    return manifest.size[0] * manifest.size[1] * _MOST_BYTES + _OVERHEAD


def _check_map(content: bytes, suffix: str, size: tuple[int, int]) -> None:
    require(suffix in (".png", ".npy"), "it is neither a PNG nor a NumPy file")
    if suffix == ".npy":
        _check_array(content, size)
        return
    contents = png.examine_png(content)
    require(contents.channels == 1 and contents.profile is None, "it is not a map of one number per pixel")
    require((contents.height, contents.width) == size, f"it is {contents.width}x{contents.height} pixels")
    png.check_png_stream(contents)


def _check_array(content: bytes, size: tuple[int, int]) -> None:
    """An array of numbers for these pixels, with nothing before, between or after."""
    require(content.startswith(_MAGIC), "it is not a NumPy file")
    start = len(_MAGIC) + 2
    end = start + int.from_bytes(content[start - 2 : start], "little")
    header = _NPY_HEADER.fullmatch(content[start:end])
    require(header is not None and end - start < 256, "its header is not that of an array of numbers")
    assert header is not None
    kind, height, width, parts = header.groups()
    require((int(height), int(width)) == size, f"it is {int(width)}x{int(height)} pixels")
    length = np.dtype(kind.decode()).itemsize * size[0] * size[1] * int(parts or 1)
    require(len(content) == end + length, "it holds more or fewer numbers than its header says")
