"""Why an audit trains plain learners alone: of any attack, nothing could be told. Imports nothing heavy."""

from collections.abc import Mapping, Sequence

from mtlue.data.options import LARGER_SHARE
from mtlue.errors import param
from mtlue.evaluation.recoveries.recovery import UNLEARNED, WITHIN_CHANCE, Recovery
from mtlue.wording import counted

FEW_TESTED = "too few test images for anything to be known"
"""Why an attack was not tried that nobody chose, as no task could be judged."""
NOTHING_LEARNED = "clean learners learned nothing that could come back"
"""Why an attack was not tried: neither with it nor without it is there anything to compare with."""
CHOOSING = f"{param('only')}, {param('tier')} or {param('budget')}"
"""Options that say that attacks are to be tried whatever can be told of them."""
_HELP = {
    FEW_TESTED: (
        f"What would help: more images, or {LARGER_SHARE} where the data name no split. {CHOOSING} tries attacks all "
        "the same"
    ),
    NOTHING_LEARNED: (
        f"What may help: more images, longer training ({param('learner_epochs')}), another learner "
        f"({param('backbone')}), or a release of larger images. An attack that is named ({param('only')}) is tried all "
        "the same: its own learner may learn more"
    ),
}


def nothing_learned(plain: Sequence[Recovery]) -> bool:
    """Whether clean learners learned no task in any setting, so that no attack has anything to win back.

    Args:
        plain: of the plain attack, in every setting. Tasks that the release leaves learnable do not count.
    """
    counting = [one for one in plain if not one.left_learnable]
    return bool(counting) and all(one.undefined in (UNLEARNED, WITHIN_CHANCE) for one in counting)


def in_words(reasons: Mapping[str, Sequence[str]]) -> str:
    """What was not tried, why, and what would help; "" where attacks were left out for other reasons alone.

    Args:
        reasons: why attacks were not tried -> their names.

    >>> in_words({"not asked for": ["grey"]})
    ''
    """
    for why, helps in _HELP.items():
        if names := reasons.get(why):
            return f"{counted(len(names), 'attack')} not tried: {why}. {helps}"
    return ""
