"""What an audit tries. Adding an attack: a row in the file of what it needs. Imports nothing heavy."""

import re
from collections.abc import Iterable

from mtlue.errors import InputError
from mtlue.evaluation.attacks.attack import Attack, attack_with
from mtlue.evaluation.attacks.backbones import BACKBONES
from mtlue.evaluation.attacks.clean import CLEAN, MISMATCH
from mtlue.evaluation.attacks.learned import LEARNED
from mtlue.evaluation.attacks.plain import PLAIN
from mtlue.evaluation.attacks.pretrained import PRETRAINED
from mtlue.evaluation.attacks.registry import Attacks
from mtlue.evaluation.attacks.training import TRAINING
from mtlue.evaluation.countermeasures import COUNTERMEASURES
from mtlue.suggestions import unknown

ATTACKS = Attacks((*PLAIN, *PRETRAINED, *CLEAN, *BACKBONES, *TRAINING, *LEARNED, MISMATCH))
"""Name -> attack."""


def find_attack(name: str, others: Iterable[str] = ()) -> Attack:
    """An attack by name; or any countermeasure, with settings, which a learner trained as usual applies.

    >>> find_attack("grey").title
    'greyscale'
    >>> find_attack("jpeg:quality=42").countermeasure
    'jpeg:quality=42'

    Args:
        name: of either.
        others: what else might have been meant, for the message.

    Raises:
        InputError: neither has this name, or the countermeasure has no such settings.
    """
    if name in ATTACKS:
        return ATTACKS[name]
    first = re.split("[:+]", name)[0]
    if first in COUNTERMEASURES:
        return attack_with(name)
    raise InputError(unknown("attack", first, ATTACKS, "mtlue audit --help", also=[*others, *COUNTERMEASURES]))


__all__ = ["ATTACKS", "Attack", "find_attack"]
