"""One way to learn from a release without leave: a learner and what it does against the protection."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mtlue.evaluation.countermeasures import NONE, canonical, create
from mtlue.evaluation.countermeasures.base import Needs
from mtlue.evaluation.learner import Learner
from mtlue.models.names import PACKAGE
from mtlue.training.recipe import Recipe, shortened

_LENGTHS = ("epochs", "min_steps")
"""Fields of a recipe that say how long it is."""


@dataclass(frozen=True)
class Attack:
    """One way to learn from a release without leave.

    Args:
        name: by which options, records and keys know it.
        title: a line for people.
        rank: the most telling attacks have the lowest; where time is short they are tried first.
        countermeasure: what is done against the protection, with its settings.
        learner: fields of :class:`mtlue.evaluation.learner.Learner` that differ from the audit's usual learner.
        needs: what somebody needs for it.
        reference: where it, or its settings, come from.
        oracle: whether it says nothing of what somebody can get, but bounds or explains it: it knows what nobody does,
            or is tested on images of the release. It is shown, and does not count in the verdict.
        recipe: fields of :class:`mtlue.training.recipe.Recipe` that differ from the usual learner's; all others are
            the usual learner's.
        least: fields of the recipe that are raised to at least this, where the usual learner's are less.
        costly: whether it is tried only where it is named: it is as in its source, and another one is cheaper.

    >>> from mtlue.evaluation.learner import Learner
    >>> attack = Attack("small-grey", "grey images of quality 30", 2, "grey+jpeg:quality=30", {"backbone": "resnet18"})
    >>> learner = attack.with_epochs(3).learner_of(Learner())
    >>> learner.backbone, learner.recipe.epochs, learner.countermeasure
    ('resnet18', 3, 'grey+jpeg:quality=30')
    """

    name: str
    title: str
    rank: int
    countermeasure: str = NONE
    learner: Mapping[str, Any] = field(default_factory=dict)
    needs: Needs = "nothing"
    reference: str = ""
    oracle: bool = False
    recipe: Mapping[str, Any] = field(default_factory=dict)
    least: Mapping[str, int] = field(default_factory=dict)
    costly: bool = False

    def learner_of(self, usual: Learner) -> Learner:
        """The learner of the attack.

        Args:
            usual: of the audit; its setting, tasks and seed are kept, and of its recipe what the attack leaves alone.
        """
        changes = {"recipe": self._recipe_of(usual.recipe), **self.learner}
        return replace(usual, **changes, countermeasure=self.countermeasure)

    def with_epochs(self, epochs: int) -> "Attack":
        """The attack with exactly so many epochs, however many it takes by itself."""
        return replace(self, recipe={**self.recipe, "epochs": epochs, "min_steps": 0}, least={})

    def shortened(self, share: float) -> "Attack":
        """The attack with a share of the epochs and steps that it takes by itself; the usual learner's are not its own.

        Args:
            share: above 0, up to 1.
        """
        return replace(self, recipe=_shortened(self.recipe, share), least=_shortened(self.least, share))

    def with_weights(self, backbone: str, init: str) -> "Attack":
        """The attack with other pretrained weights, which its title names; itself where it starts from none.

        Args:
            backbone: the network that they are of.
            init: ``timm``, or a file of its weights.
        """
        if self.learner.get("init") != PACKAGE:
            return self
        title = self.title.replace(self.learner["backbone"], backbone)
        return replace(self, title=title, learner={**self.learner, "backbone": backbone, "init": init})

    def _recipe_of(self, usual: Recipe) -> Recipe:
        changed = replace(usual, **self.recipe)
        return replace(changed, **{name: max(least, getattr(changed, name)) for name, least in self.least.items()})


def _shortened(values: Mapping[str, Any], share: float) -> dict[str, Any]:
    return {name: shortened(value, share) if name in _LENGTHS else value for name, value in values.items()}


def attack_with(text: str) -> Attack:
    """An attack that is one countermeasure, or several, on a learner trained as usual; tried right after the plain one.

    Args:
        text: as in ``jpeg:quality=42`` or ``grey+blur1``.

    Raises:
        InputError: an unknown name or setting.
    """
    applied = create(text)
    name = canonical(text)
    return Attack(name, f"the countermeasure {name}", 1, name, needs=applied.needs, reference=applied.reference)
