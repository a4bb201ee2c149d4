"""What a learner counts by in keys of experiments. Imports nothing heavy."""

from pathlib import Path
from typing import Any

from mtlue.evaluation.countermeasures import keyed
from mtlue.evaluation.keys import settled
from mtlue.evaluation.learner import NO_COUNTERMEASURE, Learner
from mtlue.files import sha256
from mtlue.models.names import PACKAGE, RANDOM, TIMM


def learner_key(learner: Learner) -> dict[str, Any]:
    """What decides a learner's numbers: weights and models count by their content, not by the name of their file."""
    values = settled(learner)
    if learner.init not in (RANDOM, TIMM, PACKAGE):
        values["init"] = sha256(Path(learner.init))
    if learner.countermeasure != NO_COUNTERMEASURE:
        values["countermeasure"] = keyed(learner.countermeasure)
    return {**values, "recipe": settled(learner.recipe)}
