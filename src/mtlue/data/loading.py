"""A listing's files to pixels in memory: one size, one channel count, every unusable file named."""

import os
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Collection as Container
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import torch
from PIL import Image
from torch import Tensor

from mtlue.data.dataset import MIN_SIDE, InMemoryDataset, subset_by_hash
from mtlue.data.images import Header, Picture, UnreadableImageError, read_header, read_picture, to_picture
from mtlue.data.listing import TEST, TRAIN, Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.sources import SOURCES
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.runtime import Runtime
from mtlue.tasks import Task

T = TypeVar("T")

LARGEST_DEFAULT_SIDE = 256
"""Images whose common size is larger are brought down to :data:`DEFAULT_SIDE` unless ``size`` says otherwise."""
DEFAULT_SIDE = 224
_CROP_SHARE = 0.914
"""The paper's pipelines show a learner 64 of 70 and 128 of 140 pixels."""


@dataclass(frozen=True)
class Collection:
    """Images and labels as read: every split in one place.

    Attributes:
        samples: all images, in the listing's order.
        files: each image's path below the source's folder.
        splits: each image's split.
        profiles: id -> ICC colour profile, where a file carries one.
        pipeline: size, crop and channels as resolved.
        skipped: files and rows that could not be used, with reasons.
        notes: what the owner should know.
    """

    name: str
    samples: InMemoryDataset
    files: Sequence[str]
    splits: Sequence[str]
    profiles: Mapping[str, bytes]
    pipeline: Pipeline
    skipped: Sequence[Skipped]
    notes: Sequence[str]

    @property
    def tasks(self) -> tuple[Task, ...]:
        return self.samples.tasks

    def split(self, name: str) -> InMemoryDataset:
        """The samples of one split.

        Raises:
            InputError: there is none.
        """
        positions = [i for i, split in enumerate(self.splits) if split == name]
        if not positions:
            have = ", ".join(f"{count} {split}" for split, count in Counter(self.splits).items())
            raise InputError(
                f"dataset '{self.name}' has no {name} images ({have or 'no images at all'}): "
                "name a split column, or change --test-fraction"
            )
        return self.samples.take(positions)

    def restricted_to(self, splits: Sequence[str]) -> "Collection":
        """The same collection with some of its splits only."""
        positions = [i for i, split in enumerate(self.splits) if split in splits]
        return replace(
            self,
            samples=self.samples.take(positions),
            files=[self.files[i] for i in positions],
            splits=[self.splits[i] for i in positions],
        )


def load(
    options: DataOptions,
    runtime: Runtime,
    tasks: Sequence[Task] | None = None,
    pipeline: Pipeline | None = None,
    only: Container[str] | None = None,
) -> Collection:
    """Read a dataset.

    Args:
        options: which one and how.
        tasks: tasks and classes to read the labels by (none: read no label); found from the data by default.
        pipeline: size, channels and central crop to read by; the source's, changed by ``options``, by default.
        only: ids of the images that are wanted; all by default.

    Raises:
        InputError: nothing usable was found; the text says what was looked for.
    """
    if options.dataset not in SOURCES:
        raise InputError(f"unknown dataset '{options.dataset}': choose one of {', '.join(SOURCES)}")
    options.check()
    listing = _limited(SOURCES[options.dataset](options, tasks), options)
    if only is not None:
        listing = listing.take([i for i, identifier in enumerate(listing.ids) if identifier in only])
    loading = _Loading(options.dataset, listing, runtime)
    return loading.run(_changed(listing.pipeline, options) if pipeline is None else pipeline)


def usual_pipeline(options: DataOptions) -> Pipeline:
    """The source's pipeline as ``options`` change it; sizes that only the files could tell stay open."""
    return _changed(SOURCES[options.dataset](options, ()).pipeline, options)


def _changed(pipeline: Pipeline, options: DataOptions) -> Pipeline:
    changes: dict[str, Any] = {
        "size": sides(options.size),
        "crop": sides(options.crop),
        "flip": options.flip,
        "channels": options.channels,
    }
    chosen = {name: value for name, value in changes.items() if value is not None}
    if "size" in chosen and "crop" not in chosen:
        chosen["crop"] = _usual_crop(chosen["size"])
    return replace(pipeline, **chosen)


def sides(value: int | tuple[int, int] | None) -> tuple[int, int] | None:
    """(height, width) of a side or a pair."""
    return (value, value) if isinstance(value, int) else value


def _limited(listing: Listing, options: DataOptions) -> Listing:
    kept = set(range(len(listing)))
    for split, limit in ((TRAIN, options.limit_train), (TEST, options.limit_test)):
        if limit is not None:
            members = [i for i, its in enumerate(listing.splits) if its == split]
            chosen = {members[j] for j in subset_by_hash([listing.ids[i] for i in members], limit)}
            kept -= set(members) - chosen
    return listing if len(kept) == len(listing) else listing.take(sorted(kept))


class _Loading:
    """Decodes one listing, keeping account of what could not be used."""

    def __init__(self, name: str, listing: Listing, runtime: Runtime) -> None:
        self._name = name
        self._listing = listing
        self._progress = runtime.progress
        self._skipped = list(listing.skipped)
        self._notes = list(listing.notes)
        self._leave_out_unwritable_names()

    def run(self, pipeline: Pipeline) -> Collection:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # large scans are what archives hold
            return self._decode(pipeline)

    def _decode(self, pipeline: Pipeline) -> Collection:
        if pipeline.size is None or pipeline.channels is None:
            pipeline = self._resolve(pipeline, self._read(self._header, "reading headers"))
        pictures = self._read(lambda position: self._picture(position, pipeline), "reading images")
        listing = self._listing
        self._notes += [
            f"{file}: {note}" for file, picture in zip(listing.files, pictures, strict=True) for note in picture.notes
        ]
        images = torch.stack([_as_tensor(picture) for picture in pictures])
        return Collection(
            name=self._name,
            samples=InMemoryDataset(listing.tasks, images, listing.labels, listing.ids),
            files=listing.files,
            splits=listing.splits,
            profiles={i: p.profile for i, p in zip(listing.ids, pictures, strict=True) if p.profile},
            pipeline=pipeline,
            skipped=self._skipped,
            notes=self._notes,
        )

    def _leave_out_unwritable_names(self) -> None:
        """A name that is no text cannot stand in a release's table."""
        unwritable = [i for i, file in enumerate(self._listing.files) if printable(file) != file]
        if unwritable:
            reason = "its name is not UTF-8: rename it"
            self._skipped += [Skipped(printable(self._listing.files[i]), reason) for i in unwritable]
            self._listing = self._listing.take(sorted(set(range(len(self._listing))) - set(unwritable)))

    def _read(self, read: Callable[[int], T | str], description: str) -> list[T]:
        """Read every image in parallel; those that fail leave the listing and are listed as skipped."""
        positions = range(len(self._listing))
        kept: dict[int, T] = {}
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            results = self._progress.track(pool.map(read, positions), description, len(positions))
            for position, result in zip(positions, results, strict=True):
                if isinstance(result, str):
                    self._skipped.append(Skipped(self._listing.files[position], result))
                else:
                    kept[position] = result
        if len(kept) < len(positions):
            self._listing = self._listing.take(list(kept))
        self._require_some()
        return list(kept.values())

    def _header(self, position: int) -> Header | str:
        return _or_reason(read_header, self._path(position))

    def _picture(self, position: int, pipeline: Pipeline) -> Picture | str:
        if self._listing.pixels is not None:
            pixels = self._listing.pixels[position].permute(1, 2, 0).squeeze(2).numpy()
            return to_picture(Image.fromarray(pixels), pipeline)
        return _or_reason(lambda path: read_picture(path, pipeline), self._path(position))

    def _path(self, position: int) -> Path:
        assert self._listing.root is not None
        return self._listing.root / self._listing.files[position]

    def _require_some(self) -> None:
        if len(self._listing):
            return
        reasons = "; ".join(f"{skipped.name}: {skipped.reason}" for skipped in self._skipped[:3])
        raise InputError(
            f"dataset '{self._name}' has no usable image in {self._listing.root}" + (f" ({reasons})" if reasons else "")
        )

    def _resolve(self, pipeline: Pipeline, headers: Sequence[Header]) -> Pipeline:
        """Fill in size and channels from what the files have."""
        if pipeline.channels is None:
            pipeline = replace(pipeline, channels=1 if all(header.grey for header in headers) else 3)
        if pipeline.size is None:
            pipeline = replace(pipeline, size=self._common_size([header.size for header in headers]))
        return pipeline if pipeline.crop is not None else replace(pipeline, crop=_usual_crop(pipeline.size))

    def _common_size(self, sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
        distinct = set(sizes)
        if len(distinct) == 1 and max(sizes[0]) <= LARGEST_DEFAULT_SIDE:
            return sizes[0]
        if len(distinct) == 1:
            scale = DEFAULT_SIDE / max(sizes[0])
            chosen = (max(MIN_SIDE, round(sizes[0][0] * scale)), max(MIN_SIDE, round(sizes[0][1] * scale)))
            why = f"the images are {sizes[0][1]}x{sizes[0][0]} pixels"
        else:
            side = max(MIN_SIDE, min(DEFAULT_SIDE, sorted(min(size) for size in sizes)[len(sizes) // 2]))
            chosen = (side, side)
            why = f"the images have {len(distinct)} different sizes"
        self._notes.append(
            f"{why}: they are stored and released at {chosen[1]}x{chosen[0]} (cut to shape, then resized); "
            "choose another with --size"
        )
        return chosen


def printable(name: str) -> str:
    """A file's name with bytes that are no text written out."""
    return name.encode("utf-8", "backslashreplace").decode()


def _or_reason(read: Callable[[Path], T], path: Path) -> T | str:
    try:
        return read(path)
    except UnreadableImageError as error:
        return str(error)


def _usual_crop(size: tuple[int, int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    return (max(MIN_SIDE, round(size[0] * _CROP_SHARE)), max(MIN_SIDE, round(size[1] * _CROP_SHARE)))


def _as_tensor(picture: Picture) -> Tensor:
    pixels = torch.from_numpy(picture.pixels.copy())
    return pixels[None] if pixels.ndim == 2 else pixels.permute(2, 0, 1)
