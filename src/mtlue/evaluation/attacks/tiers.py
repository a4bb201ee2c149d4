"""What an attacker has to have, in the four steps in which an audit speaks of it. Imports nothing heavy."""

from collections.abc import Collection, Iterable
from typing import Literal, get_args

from mtlue.evaluation.attacks import Attack, find_attack
from mtlue.evaluation.countermeasures.base import Needs

Tier = Literal["nothing", "compute", "tool", "model"]
TIERS: tuple[Tier, ...] = get_args(Tier)
TIER_OF: dict[Needs, Tier] = {
    "nothing": "nothing",
    "compute": "compute",
    "clean images": "tool",
    "our tool": "tool",
    "a large model": "model",
}
"""What an attack needs -> its tier, the least first."""


def tier_of(attack: str) -> Tier:
    """The tier of an attack by its name.

    Raises:
        InputError: no attack has this name.
    """
    return TIER_OF[find_attack(attack).needs]


def of_tiers(attacks: Iterable[Attack], tiers: Collection[str]) -> list[str]:
    """The names of the attacks whose tier is among ``tiers``, without those that have to be named."""
    return [attack.name for attack in attacks if TIER_OF[attack.needs] in tiers and not attack.costly]
