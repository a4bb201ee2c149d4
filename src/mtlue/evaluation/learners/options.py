"""Options of an evaluation. Imports nothing heavy."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from mtlue.errors import InputError, check_least, check_most, check_positive, param
from mtlue.evaluation.learner import FAST, Learner, LearnerOptions
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.faults import Faults
from mtlue.models.names import RANDOM, TIMM
from mtlue.registry import whole_choices
from mtlue.registry.python_options import declare
from mtlue.training.recipe import MOST_EPOCHS, Recipe

MOST_SEEDS = 1000
MOST_IMAGES = 1_000_000
"""Images per step."""
_NYUV2 = Recipe(epochs=200, learning_rate=1e-4, milestones=(0.5,), batch_size=8)
RECIPES = {"fast": (FAST, None), "paper": (Recipe(epochs=60), Recipe(epochs=10)), "nyuv2": (_NYUV2, None)}
"""Name -> recipes of multi-task and of single-task learners; None: as the others (method.md, "Datasets and
pipelines")."""


@dataclass(frozen=True)
class TrainingOptions(LearnerOptions):
    """How learners are trained.

    Args:
        pretrained: the same as an init of timm.
        learner_recipe: fast (12 epochs, more for small datasets), paper (60 epochs, single-task learners 10), or nyuv2
            (the paper's for NYUv2: 200 epochs at a rate of 0.0001 that falls at half of them; give a batch size of 8).
        learner_epochs: overrides the recipe's epochs.
        learner_rate: overrides the recipe's peak learning rate, which is 0.004 (fast) or 0.001 (paper), and at most
            0.001 for vit_narrow, two_layer and vit_b; other transformers want a smaller one than 0.004, too.
        batch_size: images per step.
    """

    pretrained: bool = False
    learner_recipe: Literal["fast", "paper", "nyuv2"] = "fast"
    learner_epochs: int | None = None
    learner_rate: float | None = None
    batch_size: int = 128

    def __post_init__(self) -> None:
        declare(self)
        super().__post_init__()

    def learner(self) -> Learner:
        """What all learners have in common, checked.

        Raises:
            InputError: names the option.
        """
        if self.pretrained and self.init not in (RANDOM, TIMM):
            raise InputError(f"{param('pretrained')} and {param('init')} {self.init} say different things: give one")
        values: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(LearnerOptions)}
        return Learner(**{**values, "init": TIMM if self.pretrained else self.init, "recipe": self.recipes()[0]})

    def recipes(self) -> tuple[Recipe, Recipe | None]:
        """Of multi-task learners, and of single-task ones where it is another.

        Raises:
            InputError: names the option.
        """
        faults = Faults()
        for name, least, most in (("learner_epochs", 1, MOST_EPOCHS), ("batch_size", 2, MOST_IMAGES)):
            with faults.gathered():
                check_least(self, **{name: least})
                check_most(self, **{name: most})
        with faults.gathered():
            check_positive(self, "learner_rate")
        faults.check()
        recipe, stl_recipe = RECIPES[self.learner_recipe]
        if self.learner_epochs is not None:
            stl_recipe = None
        recipe = self._changed(recipe.with_epochs(self.learner_epochs))
        return recipe, self._changed(stl_recipe) if stl_recipe is not None else None

    def _changed(self, recipe: Recipe) -> Recipe:
        recipe = replace(recipe, batch_size=self.batch_size)
        if self.learner_rate is None:
            return recipe.for_backbone(self.backbone)
        return replace(recipe, learning_rate=self.learner_rate)


@dataclass(frozen=True)
class EvaluationOptions(TrainingOptions):
    """What learners are trained.

    Args:
        seeds: how many (0, 1, ...), or which ones (0,5,7, or "1," for seed 1 alone); by default 3.
        settings: mtl (one learner for all tasks), stl (one learner per task), or both.
        stl_tasks: tasks that get a single-task learner; all by default.
        compare: training images to compare: clean, noise, protected.
        countermeasures: what learners do against the protection, each in turn; with settings as in jpeg:quality=50.
    """

    seeds: int | list[int] | None = None
    settings: list[str] | None = None
    stl_tasks: list[str] | None = None
    compare: list[str] | None = None
    countermeasures: list[str] | None = None

    def check(self) -> None:
        """Refuse what :meth:`plan` refuses."""
        self.plan()

    def plan(self) -> EvaluationPlan:
        """The evaluation's plan, checked.

        Raises:
            InputError: names the option.
        """
        default = EvaluationPlan()
        learner, stl_recipe, seeds = default.learner, default.stl_recipe, default.seeds
        faults = Faults()
        with faults.gathered():
            learner = self.learner()
            stl_recipe = self.recipes()[1]
        with faults.gathered():
            seeds = seed_list(self.seeds) or default.seeds
        with faults.told_together():
            plan = self._plan(default, learner, stl_recipe, seeds)
        faults.check()
        return plan

    def _plan(
        self, default: EvaluationPlan, learner: Learner, stl_recipe: Recipe | None, seeds: tuple[int, ...]
    ) -> EvaluationPlan:
        return EvaluationPlan(
            learner=learner,
            stl_recipe=stl_recipe,
            seeds=seeds,
            settings=tuple(self.settings) if self.settings else default.settings,  # type: ignore[arg-type]
            stl_tasks=tuple(self.stl_tasks) if self.stl_tasks else None,
            conditions=tuple(self.compare) if self.compare else default.conditions,  # type: ignore[arg-type]
            countermeasures=whole_choices(self.countermeasures) if self.countermeasures else default.countermeasures,
        )


def seed_list(seeds: int | list[int] | None) -> tuple[int, ...]:
    """How many, or which ones; none where nothing is said.

    Raises:
        InputError: fewer than one, more than :data:`MOST_SEEDS`, a negative or a very large one, or one twice.
    """
    if seeds is None:
        return ()
    if (seeds if isinstance(seeds, int) else len(seeds)) > MOST_SEEDS:
        raise InputError(f"{param('seeds')}: give {MOST_SEEDS} at most: each is a training of its own")
    listed = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
    if not listed or min(listed) < 0 or max(listed) >= 2**63 or len(set(listed)) < len(listed):
        given = ",".join(map(str, listed)) or seeds
        raise InputError(
            f"{param('seeds')} {given}: give how many (1 or more), or which ones (0 to 2^63 - 1, none twice)"
        )
    return listed
