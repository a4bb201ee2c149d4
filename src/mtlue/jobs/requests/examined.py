"""Requests of which the data's tables can be examined, besides options and places. Imports nothing heavy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mtlue.data.options import DataOptions
from mtlue.faults import told_first
from mtlue.jobs.requests.places import examine_data

if TYPE_CHECKING:
    from mtlue.data.rows.reading import Found


class Examined(ABC):
    """A request to read images with their labels."""

    data: DataOptions

    @property
    def as_read(self) -> DataOptions:
        """The data, as the job reads them."""
        return self.data

    @abstractmethod
    def check(self) -> None:
        """Refuse what is wrong with options and places.

        Raises:
            InputError: names what is at fault.
        """

    def examine(self) -> None:
        """As :meth:`check`, and everything that is wrong with the data's tables, at once."""
        self.check()
        found = examine_data(self.as_read)
        if found is not None:
            with told_first(found.losses):
                self.check_found(found)

    def check_found(self, found: Found) -> None:  # noqa: B027  most requests name no task and no split
        """Refuse names that the tables do not have.

        Args:
            found: what they have.

        Raises:
            InputError: names one.
        """
