"""Datasets that are published in a layout of their own, which their files tell. Imports no torch."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from mtlue.data.listing import Listing
from mtlue.data.options import DataOptions
from mtlue.data.rows.image_files import ImageFiles
from mtlue.tasks import Task


class PublishedSource(ABC):
    """A source whose files say all by themselves: a folder that it :meth:`recognises` need not be named.

    Attributes:
        title: what people call the dataset.
    """

    title: ClassVar[str]

    @abstractmethod
    def recognises(self, files: ImageFiles) -> bool:
        """Whether a folder holds this dataset as it is published; looks at names of files alone."""

    @abstractmethod
    def __call__(self, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
        """The listing (:class:`mtlue.data.listing.Source`).

        Raises:
            InputError: nothing usable was found; the text says what was looked for.
        """
