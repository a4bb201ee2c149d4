"""What an audit tries. Adding an attack: a row in the file of what it needs. Imports nothing heavy."""

from mtlue.errors import InputError
from mtlue.evaluation.attacks.attack import Attack
from mtlue.evaluation.attacks.backbones import BACKBONES
from mtlue.evaluation.attacks.clean import CLEAN
from mtlue.evaluation.attacks.plain import PLAIN
from mtlue.evaluation.attacks.pretrained import PRETRAINED
from mtlue.evaluation.attacks.training import TRAINING
from mtlue.suggestions import unknown

ATTACKS: dict[str, Attack] = {attack.name: attack for attack in (*PLAIN, *PRETRAINED, *CLEAN, *BACKBONES, *TRAINING)}
"""Name -> attack."""


def find_attack(name: str) -> Attack:
    """An attack by name.

    Raises:
        InputError: no attack has this name.
    """
    if name not in ATTACKS:
        raise InputError(unknown("attack", name, list(ATTACKS)))
    return ATTACKS[name]


__all__ = ["ATTACKS", "Attack", "find_attack"]
