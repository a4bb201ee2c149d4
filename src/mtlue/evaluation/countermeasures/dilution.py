"""Clean images of the attacker's own beside the released ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mtlue.errors import InputError
from mtlue.evaluation.countermeasures.base import Countermeasure, Needs
from mtlue.evaluation.countermeasures.own_share import note_if_fewer
from mtlue.registry import Settings

if TYPE_CHECKING:
    from mtlue.data import ArrayDataset
    from mtlue.evaluation.attacker import Attacker


@dataclass(frozen=True)
class DilutionSettings(Settings):
    """How many clean images there are.

    Args:
        share: of the number of released images, above 0 and at most 1; usual are 0.01, 0.05 and 0.2.
    """

    share: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise InputError(f"share {self.share:g}: give a number above 0, at most 1")


class Dilution(Countermeasure):
    """Train on the released images and on clean ones of the same kind, all alike.

    Where the attacker has fewer clean images than the share asks for, all of them are added, and a note says so.
    """

    Settings = DilutionSettings
    settings: DilutionSettings
    needs: ClassVar[Needs] = "clean images"
    reference: ClassVar[str] = "Huang et al., ICLR 2021"

    def gather(self, attacker: Attacker) -> ArrayDataset:
        from mtlue.data.derived import joined

        own = self.uses(attacker)
        note_if_fewer(attacker, own, self.wanted(attacker), f"dilution by {self.settings.share:.0%}")
        return joined(attacker.training, own, attacker.folder)

    def wanted(self, attacker: Attacker) -> int:
        return max(2, round(self.settings.share * len(attacker.training)))
