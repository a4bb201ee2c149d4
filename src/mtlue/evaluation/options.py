"""Flags of an evaluation."""

from dataclasses import dataclass, replace
from typing import Literal

from mtlue.errors import InputError, check_least, check_most
from mtlue.evaluation.protocol import FAST, EvaluationPlan
from mtlue.training import MOST_EPOCHS, Recipe

MOST_SEEDS = 1000
MOST_IMAGES = 1_000_000
"""Images a step."""
_NYUV2 = Recipe(epochs=200, learning_rate=1e-4, milestones=(0.5,), batch_size=8)
RECIPES = {"fast": (FAST, None), "paper": (Recipe(epochs=60), Recipe(epochs=10)), "nyuv2": (_NYUV2, None)}
"""Name -> recipes of multi-task and of single-task learners; None: as the others (PAPER 6)."""


@dataclass(frozen=True)
class EvaluationOptions:
    """What learners are trained.

    Args:
        backbone: tiny or vit_narrow (suit 2 cores and 32 to 64 pixels), the paper's resnet18, resnet50, vgg16,
            densenet121 and vit_b, or any name of timm.
        pretrained: start backbones from timm's weights.
        seeds: how many (0, 1, ...), or which ones (0,5,7); by default 3.
        settings: mtl (one learner for all tasks), stl (one learner a task), or both.
        stl_tasks: tasks that get a single-task learner; all by default.
        compare: training images to compare: clean, noise, protected.
        countermeasures: what learners do against the protection, each in turn: none, jpeg10, bits2, grey, adversarial.
        learner_recipe: fast (12 epochs, more on few images), paper (60 epochs, single-task learners 10), or nyuv2 (the
            paper's for NYUv2: 200 epochs at a rate of 0.0001 that falls at half of them; give --batch-size 8).
        learner_epochs: epochs of a learner instead.
        learner_rate: peak learning rate of a learner instead: transformers want a smaller one than the default's 0.004.
        batch_size: images a step.
        weighting: how a multi-task learner combines its losses: ls, uw, rlw, aligned-mtl, fairgrad or torchjd's name
            of one.
    """

    backbone: str = "tiny"
    pretrained: bool = False
    seeds: int | list[int] | None = None
    settings: list[str] | None = None
    stl_tasks: list[str] | None = None
    compare: list[str] | None = None
    countermeasures: list[str] | None = None
    learner_recipe: Literal["fast", "paper", "nyuv2"] = "fast"
    learner_epochs: int | None = None
    learner_rate: float | None = None
    batch_size: int = 128
    weighting: str = "ls"

    def plan(self) -> EvaluationPlan:
        """The evaluation's plan, checked.

        Raises:
            InputError: names the option.
        """
        check_least(self, learner_epochs=1, batch_size=2)
        check_most(self, learner_epochs=MOST_EPOCHS, batch_size=MOST_IMAGES)
        default = EvaluationPlan()
        recipe, stl_recipe = self.recipes()
        return EvaluationPlan(
            backbone=self.backbone,
            recipe=recipe,
            stl_recipe=stl_recipe,
            seeds=seed_list(self.seeds) or default.seeds,
            settings=tuple(self.settings) if self.settings else default.settings,  # type: ignore[arg-type]
            stl_tasks=tuple(self.stl_tasks) if self.stl_tasks else None,
            data=tuple(self.compare) if self.compare else default.data,  # type: ignore[arg-type]
            weighting=self.weighting,
            countermeasures=tuple(self.countermeasures) if self.countermeasures else default.countermeasures,
            pretrained=self.pretrained,
        )

    def recipes(self) -> tuple[Recipe, Recipe | None]:
        """Of multi-task learners, and of single-task ones where it is another."""
        recipe, stl_recipe = RECIPES[self.learner_recipe]
        if self.learner_epochs is not None:
            stl_recipe = None
        recipe = self._changed(recipe.with_epochs(self.learner_epochs))
        return recipe, self._changed(stl_recipe) if stl_recipe is not None else None

    def _changed(self, recipe: Recipe) -> Recipe:
        rate = recipe.learning_rate if self.learner_rate is None else self.learner_rate
        return replace(recipe, batch_size=self.batch_size, learning_rate=rate)


def seed_list(seeds: int | list[int] | None) -> tuple[int, ...]:
    """How many, or which ones; none where nothing is said.

    Raises:
        InputError: fewer than one, more than :data:`MOST_SEEDS`, a negative or a very large one, or one twice.
    """
    if seeds is None:
        return ()
    if (seeds if isinstance(seeds, int) else len(seeds)) > MOST_SEEDS:
        raise InputError(f"seeds: give {MOST_SEEDS} at most: each is a training of its own")
    chosen = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
    if not chosen or min(chosen) < 0 or max(chosen) >= 2**63 or len(set(chosen)) < len(chosen):
        raise InputError(f"seeds {seeds}: give how many (1 or more), or which ones (0 to 2^63 - 1, none twice)")
    return chosen
