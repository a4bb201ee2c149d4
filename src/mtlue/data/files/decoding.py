"""A listing's files to arrays, through the store or into memory; every unusable file is named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from mtlue.arrays.entries import Content, Files, RowType, content_digest, file_states
from mtlue.arrays.mapped_array import Images, take_rows
from mtlue.arrays.store import store_for
from mtlue.data.files.images import Picture, read_header, read_picture, to_picture
from mtlue.data.files.labelmaps import read_label_map, resized_labels
from mtlue.data.listing import FileNote, LabelFiles, Listing, Skipped
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.imaging.files import UnreadableImageError
from mtlue.progress import Progress
from mtlue.tasks import DenseTask


@dataclass(frozen=True)
class Decoded:
    """A listing without the files that could not be decoded, and the pixels of the others, in its order."""

    listing: Listing
    images: Images
    skipped: Sequence[Skipped]
    notes: Sequence[str]
    profiles: Mapping[str, bytes]


def decode(
    listing: Listing, pipeline: Pipeline, cache: Path | None, progress: Progress, what: str = "images"
) -> Decoded:
    """Decode a listing's images, and the labels of its dense tasks, as ``pipeline`` says (size and channels resolved).

    Args:
        listing, pipeline: which images, and how they are read.
        cache: folder of the stores; None keeps what is decoded in memory.
        progress: where this is reported to.
        what: the images are, for progress.
    """
    decoded = _decode_images(listing, pipeline, cache, progress, what)
    for task in listing.tasks:
        labels = decoded.listing.labels[task.name]
        if isinstance(task, DenseTask) and isinstance(labels, LabelFiles):
            decoded = _decode_labels(decoded, task, labels, pipeline, cache, progress)
        elif isinstance(task, DenseTask) and isinstance(labels, Tensor):
            resized = resized_labels(labels, task, pipeline)
            decoded = replace(decoded, listing=decoded.listing.with_labels(task, resized))
    return decoded


def read_source(listing: Listing, position: int, pipeline: Pipeline) -> Tensor:
    """One image from its file, past every cache: uint8 [C, H, W], upright; at its own size if the pipeline names none.

    Raises:
        InputError: it can no longer be read.
    """
    try:
        picture = _picture(listing, position, pipeline)
    except UnreadableImageError as error:
        raise InputError(f"{listing.files[position]} can no longer be read: {error}") from error
    return torch.from_numpy(picture.channels_first().copy())


def _decode_images(listing: Listing, pipeline: Pipeline, cache: Path | None, progress: Progress, what: str) -> Decoded:
    def read(position: int) -> Content:
        picture = _picture(listing, position, pipeline)
        return Content(picture.channels_first(), picture.notes, picture.profile)

    def states(positions: Sequence[int]) -> pd.DataFrame:
        names = [listing.files[position] for position in positions]
        return pd.DataFrame({"file": names}) if listing.root is None else file_states(listing.root, names)

    def digest(position: int) -> bytes:
        return b"" if listing.root is None else content_digest(listing.root / listing.files[position])

    if listing.pixels is not None and pipeline.center_crop is None and listing.pixels.shape[1:] == pipeline.image_shape:
        return Decoded(listing, listing.pixels, [], [], {})  # as they are wanted
    store = store_for(listing.root, cache, _reading(pipeline), RowType(pipeline.image_shape, "uint8"))
    results = store.read_all(Files(len(listing), states, read, digest), progress, f"reading {what}")
    named = list(zip(listing.files, listing.ids, results.entries, strict=True))
    return Decoded(
        listing=listing if len(results.kept) == len(listing) else listing.take(results.kept),
        images=results.array,
        skipped=[Skipped(file, entry.reason) for file, _, entry in named if entry.row < 0],
        notes=[FileNote(file, note) for file, _, entry in named for note in entry.notes],
        profiles={identifier: entry.profile for _, identifier, entry in named if entry.profile},
    )


def _decode_labels(
    decoded: Decoded, task: DenseTask, files: LabelFiles, pipeline: Pipeline, cache: Path | None, progress: Progress
) -> Decoded:
    """The same with the labels of a dense task, and without the images whose label cannot be read."""
    listing, root, size = decoded.listing, decoded.listing.root, pipeline.size
    assert root is not None
    assert size is not None

    def read(position: int) -> Content:
        file, image = files.files[position], root / listing.files[position]
        if file is None:
            return Content(task.blank(size))
        return read_label_map(root / file, task, pipeline, read_header(image))

    def states(positions: Sequence[int]) -> pd.DataFrame:
        labels = _label_states(root, [files.files[position] for position in positions])
        return _with_image_states(labels, file_states(root, [listing.files[position] for position in positions]))

    def digest(position: int) -> bytes:
        file, image = files.files[position], root / listing.files[position]
        return b"" if file is None else _label_digest(root / file, image)

    reading = {**_reading(pipeline), "task": task.to_json()}
    store = store_for(root, cache, reading, RowType(task.label_shape(size), task.stored))
    results = store.read_all(Files(len(listing), states, read, digest), progress, f"reading {task.name}")
    named = list(zip(listing.files, files.files, results.entries, strict=True))
    skipped = [
        Skipped(image, f"its label for '{task.name}', {file}: {entry.reason}")
        for image, file, entry in named
        if entry.row < 0
    ]
    return replace(
        decoded,
        listing=listing.take(results.kept).with_labels(task, results.array),
        images=take_rows(decoded.images, torch.tensor(results.kept, dtype=torch.int64)),
        skipped=[*decoded.skipped, *skipped],
        notes=[*decoded.notes, *(FileNote(str(file), note) for _, file, entry in named for note in entry.notes)],
    )


def _reading(pipeline: Pipeline) -> dict[str, Any]:
    """What a file's rows depend on: crops and flips come later."""
    return {**pipeline.to_json(), "crop": None, "flip": None}


def _label_states(root: Path, files: Sequence[str | None]) -> pd.DataFrame:
    """The states of label maps; of one that is missing a constant: "" is the data folder, which changes at any time."""
    states = file_states(root, [file or "" for file in files])
    states.loc[[file is None for file in files], ["bytes", "changed_ns", "status_ns"]] = -1
    return states


def _with_image_states(states: pd.DataFrame, images: pd.DataFrame) -> pd.DataFrame:
    """A label is read again when its image has changed: they must be of one size."""
    words = [" ".join(map(str, values)) for values in zip(*(images[name] for name in images), strict=True)]
    names = [f"{file} of {image}" for file, image in zip(states["file"], words, strict=True)]
    return states.assign(file=pd.Series(names, dtype=object))


def _label_digest(label: Path, image: Path) -> bytes:
    """Of a label map and of what it takes from its image; b"" where one of them cannot be read."""
    try:
        return content_digest(label, read_header(image))
    except UnreadableImageError:
        return b""


def _picture(listing: Listing, position: int, pipeline: Pipeline) -> Picture:
    if listing.root is not None:
        return read_picture(listing.root / listing.files[position], pipeline)
    assert listing.pixels is not None
    pixels = listing.pixels[position].permute(1, 2, 0).squeeze(2).numpy()
    return to_picture(Image.fromarray(pixels), pipeline)
