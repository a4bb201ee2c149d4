"""What later commands read of the private folder that ``protect`` wrote next to a release."""

import math
from dataclasses import dataclass, field
from pathlib import Path

from mtlue.data import Pipeline
from mtlue.fidelity.record import Fidelity
from mtlue.methods import Scope
from mtlue.release.layout import PrivateFolder
from mtlue.structured import read_json, read_json_if_there

_SAVED_BY_PROTECT = "give the folder that protect wrote, or run protect again"


@dataclass(frozen=True)
class PrivateSettings:
    """What later commands read of a private folder's settings: how images were read, and what was protected."""

    pipeline: Pipeline
    scope: Scope = field(default_factory=Scope)


@dataclass(frozen=True)
class PrivateTraining:
    """What later commands read of the record of a fit. A number that was not finite is written as null."""

    curves: dict[str, list[float | None]]

    def known_curves(self) -> dict[str, list[float]]:
        """Each curve, NaN where a number was not finite."""
        return {
            name: [math.nan if number is None else number for number in curve] for name, curve in self.curves.items()
        }


def saved_pipeline(private: Path) -> Pipeline:
    """The pipeline that a release was made with.

    Raises:
        InputError: the private folder holds none.
    """
    return read_json(PrivateFolder(private).config, PrivateSettings, _SAVED_BY_PROTECT).pipeline


def saved_settings(private: Path) -> PrivateSettings | None:
    """What later commands read of a private folder's settings; None where there is no such folder.

    Raises:
        InputError: they are damaged, or cannot be reached.
    """
    return read_json_if_there(PrivateFolder(private).config, PrivateSettings, _SAVED_BY_PROTECT)


def saved_curves(private: Path) -> dict[str, list[float]]:
    """The curves of a method's training, by name; none where there is no such folder.

    Raises:
        InputError: the record of the training is damaged, or cannot be reached.
    """
    record = read_json_if_there(PrivateFolder(private).training, PrivateTraining, _SAVED_BY_PROTECT)
    return {} if record is None else record.known_curves()


def saved_fidelity(private: Path) -> Fidelity | None:
    """How far a release looks from the clean images; None where there is no such folder, or none that says it.

    Raises:
        InputError: the record is damaged, or cannot be reached.
    """
    return read_json_if_there(PrivateFolder(private).fidelity, Fidelity, _SAVED_BY_PROTECT)
