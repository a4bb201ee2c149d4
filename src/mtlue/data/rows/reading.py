"""Sources whose labels are columns of text: rows, settled, then read to a listing. Imports no torch."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from mtlue.data.listing import Listing
from mtlue.data.options import DataOptions
from mtlue.data.rows.labels import check_labels, read_row_labels
from mtlue.data.rows.rows import Rows
from mtlue.data.rows.settling import settle
from mtlue.data.transforms import Pipeline
from mtlue.tasks import Task


@dataclass(frozen=True)
class Found:
    """What the text of tables alone says of a dataset.

    Attributes:
        tasks: names of the tasks.
        splits: names of the splits.
        losses: a sentence on rows without a usable image, which may be why a task or a split is absent.
    """

    tasks: tuple[str, ...]
    splits: tuple[str, ...]
    losses: tuple[str, ...] = ()


class RowSource(ABC):
    """A source that writes :meth:`rows` alone; ids, splits, tasks and labels are found as for any table."""

    @abstractmethod
    def rows(self, options: DataOptions, read_labels: bool) -> Rows:
        """One row per image with its columns of text.

        Args:
            options: what the user says about the dataset.
            read_labels: whether labels are wanted; False where only the images are.

        Raises:
            InputError: nothing usable was found; the text says what was looked for.
        """

    def check(self, options: DataOptions, tasks: Sequence[Task] | None = None) -> Found | None:
        """Find all that is wrong with the folder and its table; no image and no label map is opened.

        Returns:
            The tasks and splits; None where a source does not tell them without its images.

        Raises:
            InputError: something is wrong: all of it, with the rows.
        """
        rows = self.rows(options, read_labels=tasks != ())
        settled = settle(rows, options, read_labels=tasks is None)
        return Found(check_labels(settled, tasks), tuple(sorted({*settled.splits})), tuple(rows.losses))

    def __call__(self, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
        """The listing (:class:`mtlue.data.listing.Source`).

        Raises:
            InputError: the same as :meth:`check`; or a label cannot be read.
        """
        return to_listing(self.rows(options, read_labels=tasks != ()), options, tasks)


class PartedSource(RowSource):
    """A source whose images lie in parts that can each be read by itself: ids never depend on another part."""

    @abstractmethod
    def parts(self, options: DataOptions) -> list[DataOptions]:
        """Options that read one part each; together they read what ``options`` does.

        Raises:
            InputError: there is none, or which are meant is not clear.
        """

    @abstractmethod
    def state(self, options: DataOptions) -> list[tuple[str, str]]:
        """The files of all parts, each with something that changes when its content does."""


def to_listing(rows: Rows, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The listing of rows. Tasks are found from the columns unless ``tasks`` fixes them (none: no label is read).

    Raises:
        InputError: something is wrong with ids, splits or labels; names the rows.
    """
    settled = settle(rows, options, read_labels=tasks is None)
    labels = read_row_labels(settled, tasks)
    listing = Listing(
        tasks=labels.tasks,
        ids=settled.ids,
        files=rows.files,
        splits=settled.splits,
        labels=labels.labels,
        pipeline=Pipeline(),
        root=rows.root,
        skipped=[*rows.skipped, *labels.lost.values()],
        notes=[*settled.rows.notes, *labels.notes, *settled.split_notes],
        tasks_selected=True,
        split_advice=settled.split_advice,
        more_tests=settled.more_tests,
        texts=labels.texts,
    )
    return listing.take([i for i in range(len(listing)) if i not in labels.lost]) if labels.lost else listing
