"""A listing's files to arrays, in parallel, through the cache or into memory; every unusable file is named."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from mtlue.data.files.images import Header, Picture, read_header, read_picture, to_picture
from mtlue.data.files.labelmaps import LabelFiles, read_label_map, resized_labels
from mtlue.data.files.store import Content, DiskStore, Entry, MemoryStore, OpenStore, RowType, file_states
from mtlue.data.listing import FileNote, Listing, Skipped
from mtlue.data.mapped_array import Array, Images, chunks, take_rows
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.imaging.files import UnreadableImageError
from mtlue.imaging.levels import Extent
from mtlue.imaging.quiet import quiet_codecs
from mtlue.progress import Progress
from mtlue.tasks import DenseTask
from mtlue.threads import cpu_count

T = TypeVar("T")
CHUNK, CHUNK_BYTES = 256, 2**27
"""Files, and bytes of them, that are decoded before any is written: what waits in memory."""


@dataclass(frozen=True)
class Decoded:
    """A listing without the files that could not be decoded, and the pixels of the others, in its order."""

    listing: Listing
    images: Images
    skipped: Sequence[Skipped]
    notes: Sequence[str]
    profiles: Mapping[str, bytes]


def decode(listing: Listing, pipeline: Pipeline, cache: Path | None, progress: Progress) -> Decoded:
    """Decode a listing's images, and the labels of its dense tasks, as ``pipeline`` says (size and channels resolved).

    Args:
        cache: folder of the stores; None keeps what is decoded in memory.
    """
    row = RowType(pipeline.image_shape, "uint8")
    states = pd.DataFrame({"file": listing.files}) if listing.root is None else file_states(listing.root, listing.files)
    results = _through_store(
        _store(listing, cache, _reading(pipeline), row),
        states,
        lambda position: _image_content(listing, position, pipeline),
        progress,
        "reading images",
    )
    named = list(zip(listing.files, results.entries, strict=True))
    return _with_label_maps(
        Decoded(
            listing=listing if len(results.kept) == len(listing) else listing.take(results.kept),
            images=results.array,
            skipped=[Skipped(file, entry.reason) for file, entry in named if entry.row < 0],
            notes=[FileNote(file, note) for file, entry in named for note in entry.notes],
            profiles={
                identifier: entry.profile
                for identifier, entry in zip(listing.ids, results.entries, strict=True)
                if entry.profile
            },
        ),
        pipeline,
        cache,
        progress,
    )


@dataclass(frozen=True)
class _Results:
    """Every file's entry; the positions of those that could be read, and the rows of these."""

    entries: Sequence[Entry]
    kept: Sequence[int]
    array: Array


def _through_store(
    store: DiskStore | MemoryStore,
    states: pd.DataFrame,
    read: Callable[[int], Content | str],
    progress: Progress,
    words: str,
) -> _Results:
    with store.opened() as shelf:
        entries = _fill(shelf, states, read, progress, words)
        kept = [position for position, entry in enumerate(entries) if entry.row >= 0]
        return _Results(entries, kept, shelf.array([entries[position] for position in kept]))


def _reading(pipeline: Pipeline) -> dict[str, Any]:
    """What a file's rows depend on: crops and flips come later."""
    return {**pipeline.to_json(), "crop": None, "flip": None}


def _store(listing: Listing, cache: Path | None, reading: Any, row: RowType) -> DiskStore | MemoryStore:
    if listing.root is None or cache is None:
        return MemoryStore(len(listing), row)
    return DiskStore(cache, listing.root, reading, row)


def _with_label_maps(decoded: Decoded, pipeline: Pipeline, cache: Path | None, progress: Progress) -> Decoded:
    """The same with the labels of dense tasks read; without the images whose label cannot be."""
    for task in decoded.listing.tasks:
        labels = decoded.listing.labels[task.name]
        if isinstance(task, DenseTask) and isinstance(labels, LabelFiles):
            decoded = _with_label_map(decoded, task, labels, pipeline, cache, progress)
        elif isinstance(task, DenseTask) and isinstance(labels, Tensor):
            resized = resized_labels(labels, task, pipeline)
            decoded = replace(decoded, listing=decoded.listing.with_labels(task, resized))
    return decoded


def _with_label_map(
    decoded: Decoded, task: DenseTask, files: LabelFiles, pipeline: Pipeline, cache: Path | None, progress: Progress
) -> Decoded:
    listing, root = decoded.listing, decoded.listing.root
    assert root is not None
    assert pipeline.size is not None
    size = pipeline.size

    def read(position: int) -> Content | str:
        file, image = files.files[position], root / listing.files[position]
        if file is None:
            return Content(task.blank(size))
        return _or_reason(lambda path: read_label_map(path, task, pipeline, read_header(image)), root / file)

    states = _with_images_states(file_states(root, [file or "" for file in files.files]), listing)
    reading = {**_reading(pipeline), "task": task.to_json()}
    store = _store(listing, cache, reading, RowType(task.label_shape(size), task.stored))
    results = _through_store(store, states, read, progress, f"reading {task.name}")
    kept = torch.tensor(results.kept, dtype=torch.int64)
    named = list(zip(listing.files, files.files, results.entries, strict=True))
    return replace(
        decoded,
        listing=listing.take(results.kept).with_labels(task, results.array),
        images=take_rows(decoded.images, kept),
        skipped=[
            *decoded.skipped,
            *(
                Skipped(image, f"its label for '{task.name}', {file}: {entry.reason}")
                for image, file, entry in named
                if entry.row < 0
            ),
        ],
        notes=[*decoded.notes, *(FileNote(str(file), note) for _, file, entry in named for note in entry.notes)],
    )


def _with_images_states(states: pd.DataFrame, listing: Listing) -> pd.DataFrame:
    """A label is read again when its image changed: they must be of one size."""
    assert listing.root is not None
    images = file_states(listing.root, listing.files)
    words = [" ".join(map(str, values)) for values in zip(*(images[name] for name in images), strict=True)]
    names = [f"{file} of {image}" for file, image in zip(states["file"], words, strict=True)]
    return states.assign(file=pd.Series(names, dtype=object))


def read_source(listing: Listing, position: int, pipeline: Pipeline) -> Tensor:
    """One image from its file, past every cache: uint8 [C, H, W], upright; at its own size if the pipeline names none.

    Raises:
        InputError: it can no longer be read.
    """
    picture = _picture(listing, position, pipeline)
    if isinstance(picture, str):
        raise InputError(f"{listing.files[position]} can no longer be read: {picture}")
    return torch.from_numpy(picture.channels_first().copy())


def read_headers(
    listing: Listing, cache: Path | None, progress: Progress
) -> tuple[Listing, list[Header], list[Skipped]]:
    """The listing without the files whose header cannot be read, the headers of the others, and why."""
    root = listing.root
    assert root is not None

    def read(position: int) -> Content | str:
        header = _or_reason(read_header, root / listing.files[position])
        return header if isinstance(header, str) else Content(_header_row(header))

    states = file_states(root, listing.files)
    results = _through_store(
        _store(listing, cache, "headers", RowType((_HEADER_NUMBERS,), "float64")),
        states,
        read,
        progress,
        "reading headers",
    )
    headers = [_header(row) for _, rows in chunks(results.array) for row in rows.tolist()]
    named = zip(listing.files, results.entries, strict=True)
    skipped = [Skipped(file, entry.reason) for file, entry in named if entry.row < 0]
    return listing.take(results.kept) if skipped else listing, headers, skipped


_HEADER_NUMBERS = 11
_NO_RANGE = (math.nan, math.nan)


def _header_row(header: Header) -> NDArray[np.float64]:
    extent = header.extent or Extent(*_NO_RANGE, True)
    ranges = [*(extent.core or _NO_RANGE), *(extent.bulk or _NO_RANGE)]
    return np.array(
        [*header.size, header.grey, header.orientation, extent.low, extent.high, extent.whole, *ranges], "float64"
    )


def _header(row: Sequence[float]) -> Header:
    height, width, grey, orientation, low, high, whole, *ranges = row
    core, bulk = (None if math.isnan(pair[0]) else pair for pair in ((ranges[0], ranges[1]), (ranges[2], ranges[3])))
    extent = None if math.isnan(low) else Extent(low, high, bool(whole), core, bulk)
    return Header((int(height), int(width)), bool(grey), int(orientation), extent)


def _fill(
    shelf: OpenStore | MemoryStore,
    states: pd.DataFrame,
    read: Callable[[int], Content | str],
    progress: Progress,
    words: str,
) -> list[Entry]:
    """Every file's entry: those that the store knows, and the others decoded now."""
    found = shelf.find(states)
    entries = {position: entry for position, entry in enumerate(found) if entry is not None}
    missing = [position for position, entry in enumerate(found) if entry is None]
    with _pool() as pool:
        decoded = _in_chunks(pool, read, missing, max(1, min(CHUNK, CHUNK_BYTES // shelf.row.bytes)))
        for position, result in progress.track(decoded, words, len(missing)) if missing else ():
            entries[position] = shelf.add(states.iloc[position], result)
    return [entries[position] for position in range(len(found))]


def _in_chunks(
    pool: ThreadPoolExecutor, read: Callable[[int], T], positions: Sequence[int], size: int
) -> Iterator[tuple[int, T]]:
    """Read in parallel, never further ahead than a chunk."""
    for start in range(0, len(positions), size):
        chunk = positions[start : start + size]
        yield from zip(chunk, pool.map(read, chunk), strict=True)


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    with quiet_codecs(), ThreadPoolExecutor(cpu_count()) as pool:
        yield pool


def _image_content(listing: Listing, position: int, pipeline: Pipeline) -> Content | str:
    picture = _picture(listing, position, pipeline)
    return picture if isinstance(picture, str) else Content(picture.channels_first(), picture.notes, picture.profile)


def _picture(listing: Listing, position: int, pipeline: Pipeline) -> Picture | str:
    if listing.pixels is not None:
        pixels = listing.pixels[position].permute(1, 2, 0).squeeze(2).numpy()
        return to_picture(Image.fromarray(pixels), pipeline)
    assert listing.root is not None
    return _or_reason(lambda path: read_picture(path, pipeline), listing.root / listing.files[position])


def _or_reason(read: Callable[[Path], T], path: Path) -> T | str:
    try:
        return read(path)
    except UnreadableImageError as error:
        return str(error)
