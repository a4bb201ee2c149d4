"""A dataset as it was read: images and labels of every split; and its clean images, read again from their files."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from mtlue.arrays.entries import file_states
from mtlue.arrays.mapped_array import Images, take_rows
from mtlue.data.dataset import ArrayDataset
from mtlue.data.files.decoding import read_source
from mtlue.data.files.headers import read_headers
from mtlue.data.listing import Listing, Skipped
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.imaging.sizes import least_and_most
from mtlue.progress import Silent
from mtlue.tasks import Task

_SHOWN = 3


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
    def cached_bytes(self) -> int:
        """Bytes of decoded images that are kept on disk, for later commands."""
        if self.cache is None or self.listing.root is None:
            return 0
        return math.prod(self.images.shape)

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

    def file_bytes(self) -> int | None:
        """What the images' files take up together; None where they have none, or could not be reached."""
        return self._file_bytes

    @cached_property
    def _file_bytes(self) -> int | None:
        if self.listing.root is None:
            return None
        sizes = file_states(self.listing.root, list(dict.fromkeys(self.files)))["bytes"]
        return int(sizes.sum()) if (sizes >= 0).all() else None

    def extreme_sizes(self) -> tuple[tuple[int, int], ...]:
        """Own sizes (H, W) of the image with the fewest pixels and of the one with the most; none of no images."""
        return self._extreme_sizes

    @cached_property
    def _extreme_sizes(self) -> tuple[tuple[int, int], ...]:
        return least_and_most(self.original_sizes())

    def split(self, name: str) -> ArrayDataset:
        """The samples of one split.

        Raises:
            InputError: there is none.
        """
        positions = [i for i, split in enumerate(self.splits) if split == name]
        if not positions:
            raise InputError(self._without(name))
        return self.samples.take(positions)

    def restricted_to(self, splits: Sequence[str]) -> "Collection":
        """The same collection with some of its splits only."""
        positions = [i for i, split in enumerate(self.splits) if split in splits]
        index = torch.tensor(positions, dtype=torch.int64)
        return replace(self, listing=self.listing.take(positions), images=take_rows(self.images, index))

    def _without(self, split: str) -> str:
        """The message where a split has no images."""
        counts = ", ".join(f"{count} {name}" for name, count in Counter(self.splits).items())
        reasons = first_reasons(self.skipped)
        return (
            f"dataset '{self.name}' has no {split} images ({counts or 'no images at all'}): "
            + (f"{len(self.skipped)} could not be used ({reasons}); correct them, or " if reasons else "")
            + self.listing.split_advice.replace("{}", split)
        )


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

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._positions  # what Mapping does instead reads the image

    def __iter__(self) -> Iterator[str]:
        return iter(self._positions)

    def __len__(self) -> int:
        return len(self._positions)


def first_reasons(skipped: Sequence[Skipped]) -> str:
    """The first files that could not be used, and why; "" where there are none."""
    return "; ".join(f"{one.name}: {one.reason}" for one in skipped[:_SHOWN])
