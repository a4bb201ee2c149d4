"""Datasets that are published in a layout of their own, which their files tell. Imports no torch."""

from abc import ABC, abstractmethod
from typing import ClassVar

from mtlue.data.rows.image_files import ImageFiles


class PublishedSource(ABC):
    """A source whose files say all by themselves: a folder that it :meth:`recognises` need not be named.

    It reads as any other (:class:`mtlue.data.listing.Source`): by a ``__call__`` of its own, or by that of
    :class:`mtlue.data.rows.reading.RowSource`, from which it derives, too.

    Attributes:
        title: what people call the dataset.
    """

    title: ClassVar[str]

    @abstractmethod
    def recognises(self, files: ImageFiles) -> bool:
        """Whether a folder holds this dataset as it is published; looks at names of files alone."""
