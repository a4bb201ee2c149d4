"""``apply`` over a dataset in parts: each is read, protected and written before the next, in a folder of its own."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from mtlue.data.listing import Skipped
from mtlue.data.loading import Collection
from mtlue.data.options import DataOptions
from mtlue.data.selection import split_remarks
from mtlue.data.shards.seen import SeenIds
from mtlue.jobs.requests.places import check_splits
from mtlue.progress import Progress
from mtlue.scratch import scratch_folder


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
    _seen: SeenIds = field(default_factory=SeenIds)

    def __iter__(self) -> Iterator[Collection]:
        """The parts that hold images of the splits.

        Raises:
            InputError: a part cannot be read, two parts have an id in common, or no part has a split.
        """
        for options in self.progress.track(self.options, "protecting shards", len(self.options)):
            with self.opened(options) as collection:
                self.count(collection.listing.ids, collection.splits, options)
                if wanted := self.wanted(collection):
                    yield wanted
        self.end()

    @contextmanager
    def opened(self, options: DataOptions) -> Iterator[Collection]:
        """Read a part; what was skipped, and the notes, are kept."""
        with scratch_folder("part") as temporary:
            yield self._read(replace(options, cache=temporary, no_cache=False), str(temporary))

    def count(self, ids: Sequence[str], splits: Iterable[str], options: DataOptions) -> None:
        """Count a part.

        Raises:
            InputError: an earlier one has one of its ids.
        """
        self._seen.add(ids, options.dataset)
        self._found |= dict.fromkeys(splits)

    def end(self) -> None:
        """All parts were counted.

        Raises:
            InputError: none has a split that is wanted.
        """
        check_splits(self.splits, sorted(self._found))
        self.notes |= dict.fromkeys(split_remarks(self._found))

    def wanted(self, collection: Collection) -> Collection | None:
        """What of a part is to be released."""
        if self.splits is None:
            return collection
        return collection.restricted_to(self.splits) if {*collection.splits} & {*self.splits} else None

    def _read(self, options: DataOptions, temporary: str) -> Collection:
        collection = self.load(options)
        own = {*split_remarks(collection.splits)}
        # what lies in the folder that is removed after this part, or this part alone lacks, means nothing to users
        notes = [note for note in collection.notes if note not in own and temporary not in note]
        self.notes |= dict.fromkeys(notes)
        self.skipped += collection.skipped
        return replace(collection, notes=notes)
