"""A dataset as options describe it: listed by its source, limited, brought to one size and channel count, decoded."""

from collections import Counter
from collections.abc import Collection as Container
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch import Tensor

from mtlue.data.columns.rules_file import RULE_FILES
from mtlue.data.dataset import ArrayDataset
from mtlue.data.files.decoding import decode, read_source
from mtlue.data.files.folders import find_unusable
from mtlue.data.files.headers import read_headers
from mtlue.data.hashing import subset_by_hash
from mtlue.data.listing import TEST, TRAIN, LabelFiles, Listing, Skipped
from mtlue.data.mapped_array import Images, take_rows
from mtlue.data.options import DataOptions
from mtlue.data.resolving import resolved, usual_crop
from mtlue.data.sources import SOURCES
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.imaging.formats import is_array
from mtlue.progress import Progress, Silent
from mtlue.runtime import Runtime
from mtlue.tasks import Task


@dataclass(frozen=True)
class Collection:
    """Images and labels as read: every split in one place.

    Attributes:
        name: of the dataset, for messages and records.
        listing: ids, files, splits and labels of all images.
        images: their pixels at the working size, in the listing's order.
        profiles: id -> ICC colour profile, where a file carries one.
        pipeline: size, crop and channels as resolved.
        skipped: files and rows that could not be used, with reasons.
        notes: what the owner should know.
        cache: folder of what was decoded; None where nothing is kept.
    """

    name: str
    listing: Listing
    images: Images
    profiles: Mapping[str, bytes]
    pipeline: Pipeline
    skipped: Sequence[Skipped]
    notes: Sequence[str]
    cache: Path | None = None

    @property
    def samples(self) -> ArrayDataset:
        """All images, in the listing's order."""
        return ArrayDataset(self.listing.tasks, self.images, self.listing.read_labels(), self.listing.ids)

    @property
    def tasks(self) -> tuple[Task, ...]:
        return self.listing.tasks

    @property
    def files(self) -> Sequence[str]:
        """Each image's path below the source's folder."""
        return self.listing.files

    @property
    def splits(self) -> Sequence[str]:
        """Each image's split."""
        return self.listing.splits

    def original(self, position: int) -> Tensor:
        """One image at its own size, uint8 [C, H, W], read from its file."""
        own = Pipeline(channels=self.pipeline.image_shape[0], value_range=self.pipeline.value_range)
        return read_source(self.listing, position, own)

    def original_sizes(self) -> list[tuple[int, int]]:
        """Each image's own size, upright (H, W), from its file's header."""
        if self.listing.pixels is not None:
            return [(self.listing.pixels.shape[2], self.listing.pixels.shape[3])] * len(self.listing)
        return [header.size for header in read_headers(self.listing, self.cache, Silent())[1]]

    def split(self, name: str) -> ArrayDataset:
        """The samples of one split.

        Raises:
            InputError: there is none.
        """
        positions = [i for i, split in enumerate(self.splits) if split == name]
        if not positions:
            have = ", ".join(f"{count} {split}" for split, count in Counter(self.splits).items())
            left_out = _reasons(self.skipped)
            raise InputError(
                f"dataset '{self.name}' has no {name} images ({have or 'no images at all'}): "
                + (f"{len(self.skipped)} could not be used ({left_out}); mend them, or " if left_out else "")
                + self.listing.split_advice.replace("{}", name)
            )
        return self.samples.take(positions)

    def restricted_to(self, splits: Sequence[str]) -> "Collection":
        """The same collection with some of its splits only."""
        positions = [i for i, split in enumerate(self.splits) if split in splits]
        index = torch.tensor(positions, dtype=torch.int64)
        return replace(self, listing=self.listing.take(positions), images=take_rows(self.images, index))


class CleanImages(Mapping[str, Tensor]):
    """Clean images by id, uint8 [C, H, W], at the working size or at each one's own.

    They are read from their files each time, past every cache, so that a proof rests on the files alone.
    """

    def __init__(self, collection: Collection, native: bool = False) -> None:
        self._collection = collection
        self._native = native
        self._positions = {identifier: i for i, identifier in enumerate(collection.listing.ids)}

    def __getitem__(self, identifier: str) -> Tensor:
        position = self._positions[identifier]
        if self._native:
            return self._collection.original(position)
        return read_source(self._collection.listing, position, self._collection.pipeline)

    def __iter__(self) -> Iterator[str]:
        return iter(self._positions)

    def __len__(self) -> int:
        return len(self._positions)


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
    listing = _listing(options, tasks, only)
    wanted = _changed(listing.pipeline, options) if pipeline is None else _with_range(pipeline, options)
    return _load(options.dataset, _with_writable_names(listing), wanted, options.cache_folder(), runtime.progress)


def clean_images(options: DataOptions, pipeline: Pipeline, only: Container[str], native: bool) -> CleanImages:
    """Images by id, found but not decoded, past every cache.

    Args:
        options: which dataset.
        pipeline: how each is read when it is asked for; size and channels resolved.
        only: ids that are wanted; those that the dataset lacks are absent.
        native: whether each is read at its own size.

    Raises:
        InputError: the dataset cannot be listed.
    """
    listing = _with_writable_names(_listing(options, (), only))
    images = torch.empty((0, *pipeline.image_shape), dtype=torch.uint8)
    collection = Collection(options.dataset, listing, images, {}, pipeline, listing.skipped, listing.notes)
    return CleanImages(collection, native)


def _listing(options: DataOptions, tasks: Sequence[Task] | None, only: Container[str] | None) -> Listing:
    """What the source finds, limited as ``options`` say and to the ids that are wanted."""
    if options.dataset not in SOURCES:
        raise InputError(f"unknown dataset '{options.dataset}': choose one of {', '.join(SOURCES)}")
    options.check()
    _changed(Pipeline(), options)  # sizes that cannot be: said before anything is read
    whole = _with_leftovers(SOURCES[options.dataset](options, tasks))
    listing = _limited(_with_tasks(whole, options, tasks), options)
    if only is not None:
        listing = listing.take([i for i, identifier in enumerate(listing.ids) if identifier in only])
    return _with_remarks(listing)


def _with_leftovers(listing: Listing) -> Listing:
    """With the files of the folder that the source neither took nor named."""
    if listing.root is None:
        return listing
    maps = [file for label in listing.labels.values() if isinstance(label, LabelFiles) for file in label.files]
    taken = {*listing.files, *filter(None, maps)}
    named = {*taken, *(one.name for one in listing.skipped)}
    arrays = any(is_array(PurePosixPath(file)) for file in taken)  # arrays are its way to store things: labels, too
    more = [
        one
        for one in find_unusable(listing.root)
        if one.name not in named and not (arrays and is_array(PurePosixPath(one.name)))
    ]
    return replace(listing, skipped=[*listing.skipped, *more])


def _with_remarks(listing: Listing) -> Listing:
    """With notes on splits that nothing can be done with."""
    notes = [
        f"no image is for {words} (the splits are {', '.join(sorted(set(listing.splits)))})"
        for split, words in ((TRAIN, "training"), (TEST, "testing"))
        if listing.splits and split not in listing.splits
    ]
    return replace(listing, notes=[*listing.notes, *notes])


def _with_tasks(listing: Listing, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The tasks that are asked for, of a source whose tasks are fixed."""
    if listing.chosen or (tasks is None and options.tasks is None):
        return listing
    wanted = [task.name for task in tasks] if tasks is not None else options.tasks or []
    known = [task.name for task in listing.tasks]
    unknown = [name for name in wanted if name not in known]
    if unknown and unknown[0].lower().endswith(RULE_FILES):
        raise InputError(
            f"--tasks {unknown[0]}: dataset '{options.dataset}' has fixed tasks ({', '.join(known)}): name some"
        )
    if unknown:
        raise InputError(
            f"--tasks: dataset '{options.dataset}' has no task '{unknown[0]}' (it has {', '.join(known)}): "
            "its layout fixes them; name some of these, or read it as a table"
        )
    chosen = listing.restricted_to(wanted)
    _require_same(chosen.tasks, tasks or (), options.dataset)
    return chosen


def _require_same(fixed: Sequence[Task], wanted: Sequence[Task], dataset: str) -> None:
    """Labels are numbers of classes: read by other classes they would mean something else."""
    for task in wanted:
        own = next(each for each in fixed if each.name == task.name)
        if own != task:
            raise InputError(
                f"dataset '{dataset}' has task '{task.name}' as {own.kind} ({own.describe()}), and the fitted method "
                f"knows it as {task.kind} ({task.describe()}): give the images that it was fitted for, or run protect"
            )


def usual_pipeline(options: DataOptions) -> Pipeline:
    """The source's pipeline as ``options`` change it; sizes that only the files could tell stay open."""
    return _changed(SOURCES[options.dataset](options, ()).pipeline, options)


def _changed(pipeline: Pipeline, options: DataOptions) -> Pipeline:
    changes: dict[str, Any] = {
        "size": sides(options.size),
        "crop": sides(options.crop),
        "flip": options.flip,
        "channels": options.channels,
        "value_range": options.value_range,
    }
    chosen = {name: value for name, value in changes.items() if value is not None}
    whole = pipeline.size is not None and pipeline.crop is None  # a source whose learners see all of an image
    if "size" in chosen and "crop" not in chosen and not whole:
        chosen["crop"] = usual_crop(chosen["size"])
    return replace(pipeline, **chosen)


def _with_range(pipeline: Pipeline, options: DataOptions) -> Pipeline:
    """A fixed pipeline, by the range that the user names."""
    return pipeline if options.value_range is None else replace(pipeline, value_range=options.value_range)


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


def _load(name: str, listing: Listing, pipeline: Pipeline, cache: Path | None, progress: Progress) -> Collection:
    skipped, notes = list(listing.skipped), list(listing.notes)
    _require_some(name, listing, skipped)
    if listing.root is not None and None in (pipeline.size, pipeline.channels, pipeline.value_range):
        listing, headers, unreadable = read_headers(listing, cache, progress)
        skipped += unreadable
        _require_some(name, listing, skipped)
        pipeline, more_notes = resolved(pipeline, listing.files, headers)
        notes += more_notes
    decoded = decode(listing, pipeline, cache, progress)
    listing = decoded.listing
    skipped += decoded.skipped
    _require_some(name, listing, skipped)
    return Collection(
        name=name,
        listing=listing,
        images=decoded.images,
        profiles=decoded.profiles,
        pipeline=pipeline,
        skipped=skipped,
        notes=[*notes, *decoded.notes],
        cache=cache,
    )


def _with_writable_names(listing: Listing) -> Listing:
    """A name that is no text cannot stand in a release's table."""
    unwritable = {i for i, file in enumerate(listing.files) if printable(file) != file}
    if not unwritable:
        return listing
    reason = "its name is not UTF-8: rename it"
    skipped = [Skipped(printable(listing.files[i]), reason) for i in sorted(unwritable)]
    kept = listing.take([i for i in range(len(listing)) if i not in unwritable])
    return replace(kept, skipped=[*listing.skipped, *skipped])


def _require_some(name: str, listing: Listing, skipped: Sequence[Skipped]) -> None:
    if len(listing):
        return
    reasons = _reasons(skipped)
    raise InputError(f"dataset '{name}' has no usable image in {listing.root}" + (f" ({reasons})" if reasons else ""))


def _reasons(skipped: Sequence[Skipped]) -> str:
    """The first files that could not be used, and why."""
    return "; ".join(f"{one.name}: {one.reason}" for one in skipped[:3])


def printable(name: str) -> str:
    """A file's name with bytes that are no text written out."""
    return name.encode("utf-8", "backslashreplace").decode()
