"""A listing's files to pixels, in parallel, through the cache or into memory; every unusable file is named."""

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pandas as pd
import torch
from PIL import Image
from torch import Tensor

from mtlue.data.cache import Entry, MemoryStore, OpenStore, PixelStore, file_states
from mtlue.data.images import Header, Picture, UnreadableImageError, read_header, read_picture, to_picture
from mtlue.data.listing import Listing, Skipped
from mtlue.data.pixels import Images
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.runtime import Progress

T = TypeVar("T")
CHUNK = 256
"""Files that are decoded before any is written: what waits in memory."""


@dataclass(frozen=True)
class Decoded:
    """A listing without the files that could not be decoded, and the pixels of the others, in its order."""

    listing: Listing
    images: Images
    skipped: Sequence[Skipped]
    notes: Sequence[str]
    profiles: Mapping[str, bytes]


def decode(listing: Listing, pipeline: Pipeline, cache: Path | None, progress: Progress) -> Decoded:
    """Decode a listing's files as ``pipeline`` says (size and channels resolved).

    Args:
        cache: folder of the pixel stores; None keeps the pixels in memory.
    """
    store: PixelStore | MemoryStore
    if listing.root is None or cache is None:
        store = MemoryStore(len(listing), pipeline.image_shape)
    else:
        store = PixelStore(cache, listing.root, pipeline)
    states = pd.DataFrame({"file": listing.files}) if listing.root is None else file_states(listing.root, listing.files)
    with store.opened() as shelf:
        entries = _fill(shelf, states, lambda position: _picture(listing, position, pipeline), progress)
        kept = [position for position, entry in enumerate(entries) if entry.row >= 0]
        images = shelf.images([entries[position] for position in kept])
    named = list(zip(listing.files, entries, strict=True))
    return Decoded(
        listing=listing if len(kept) == len(listing) else listing.take(kept),
        images=images,
        skipped=[Skipped(file, entry.reason) for file, entry in named if entry.row < 0],
        notes=[f"{file}: {note}" for file, entry in named for note in entry.notes],
        profiles={
            identifier: entry.profile for identifier, entry in zip(listing.ids, entries, strict=True) if entry.profile
        },
    )


def read_source(listing: Listing, position: int, pipeline: Pipeline) -> Tensor:
    """One image from its file, past every cache: uint8 [C, H, W], upright; at its own size if the pipeline names none.

    Raises:
        InputError: it can no longer be read.
    """
    picture = _picture(listing, position, pipeline)
    if isinstance(picture, str):
        raise InputError(f"{listing.files[position]} can no longer be read: {picture}")
    return torch.from_numpy(picture.channels_first().copy())


def read_headers(listing: Listing, progress: Progress) -> tuple[Listing, list[Header], list[Skipped]]:
    """The listing without the files whose header cannot be read, the headers of the others, and why."""
    root = listing.root
    assert root is not None
    positions = range(len(listing))
    with _pool() as pool:
        read = pool.map(lambda position: _or_reason(read_header, root / listing.files[position]), positions)
        headers = list(progress.track(read, "reading headers", len(positions)))
    good = [(position, header) for position, header in enumerate(headers) if isinstance(header, Header)]
    skipped = [Skipped(listing.files[i], header) for i, header in enumerate(headers) if isinstance(header, str)]
    kept = listing if not skipped else listing.take([position for position, _ in good])
    return kept, [header for _, header in good], skipped


def _fill(
    shelf: OpenStore | MemoryStore, states: pd.DataFrame, read: Callable[[int], Picture | str], progress: Progress
) -> list[Entry]:
    """Every file's entry: those that the store knows, and the others decoded now."""
    found = shelf.find(states)
    entries = {position: entry for position, entry in enumerate(found) if entry is not None}
    missing = [position for position, entry in enumerate(found) if entry is None]
    with _pool() as pool:
        decoded = _in_chunks(pool, read, missing)
        for position, result in progress.track(decoded, "reading images", len(missing)) if missing else ():
            entries[position] = shelf.add(states.iloc[position], result)
    return [entries[position] for position in range(len(found))]


def _in_chunks(pool: ThreadPoolExecutor, read: Callable[[int], T], positions: Sequence[int]) -> Iterator[tuple[int, T]]:
    """Read in parallel, never further ahead than a chunk."""
    for start in range(0, len(positions), CHUNK):
        chunk = positions[start : start + CHUNK]
        yield from zip(chunk, pool.map(read, chunk), strict=True)


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    with warnings.catch_warnings(), ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # large scans are what archives hold
        yield pool


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
