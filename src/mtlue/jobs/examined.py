"""Requests of which the data's tables can be examined, besides options and places. Imports nothing heavy."""

from abc import ABC, abstractmethod

from mtlue.data.options import DataOptions
from mtlue.jobs.places import examine_data


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
        examine_data(self.as_read)
