"""``apply`` over a dataset in parts: each is read, protected and written before the next, in a folder of its own."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mtlue.data.listing import Skipped
from mtlue.data.loading import Collection
from mtlue.data.options import DataOptions
from mtlue.data.selection import split_remarks
from mtlue.data.shards.seen import SeenIds
from mtlue.jobs.places import check_splits
from mtlue.progress import Progress


@dataclass
class Parts:
    """The collections of a dataset's parts, one at a time; what a part's files were decoded to is removed after it.

    Args:
        options: of each part.
        load: reads a part.
        splits: splits to release; None for all.
        progress: where the parts are counted.
    """

    options: Sequence[DataOptions]
    load: Callable[[DataOptions], Collection]
    splits: Sequence[str] | None
    progress: Progress
    skipped: list[Skipped] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    _found: dict[str, None] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Collection]:
        """The parts that hold images of the splits.

        Raises:
            InputError: a part cannot be read, two parts have an id in common, or no part has a split.
        """
        seen = SeenIds()
        for options in self.progress.track(self.options, "protecting shards", len(self.options)):
            with tempfile.TemporaryDirectory(prefix="mtlue-part-") as temporary:
                collection = self._read(replace(options, cache=Path(temporary), no_cache=False), temporary)
                seen.add(collection.listing.ids, options.dataset)
                if {*collection.splits} & {*(self.splits or collection.splits)}:
                    yield self._wanted(collection)
        check_splits(self.splits, sorted(self._found))
        self.notes |= dict.fromkeys(split_remarks(self._found))

    def _read(self, options: DataOptions, temporary: str) -> Collection:
        collection = self.load(options)
        own = {*split_remarks(collection.splits)}
        # what lies in the folder that is removed after this part, or this part alone lacks, means nothing to users
        notes = [note for note in collection.notes if note not in own and temporary not in note]
        self.notes |= dict.fromkeys(notes)
        self.skipped += collection.skipped
        self._found |= dict.fromkeys(collection.splits)
        return replace(collection, notes=notes)

    def _wanted(self, collection: Collection) -> Collection:
        return collection if self.splits is None else collection.restricted_to(self.splits)
