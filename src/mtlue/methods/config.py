"""The resolved settings of a method with surrogates: presets and defaults filled in. Imports nothing heavy."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from mtlue.generator.config import GeneratorConfig, StructureName
from mtlue.methods.plan import SurrogatePlan
from mtlue.training.recipe import Recipe

Preset = Literal["fast", "strong", "paper"]
USUAL_PIPELINE = ("jpeg", "grey+jpeg", "grey", "resize", "blur", "bits")
"""What images go through between a release and a learner, by chance or on purpose."""
MANY_CLASSES = 40
"""Of all protected image-level tasks: from here on, the fast preset fits longer and against the usual pipeline."""

PIXELS_PER_STEP, LEAST_BATCH = 64 * 64**2, 16
"""Of the views of a step by the fast preset, where images are few; images of a step at least."""


@dataclass(frozen=True)
class ResolvedSettings:
    """Everything that fitting MTL-UE or a sample-wise method needs to know (:mod:`mtlue.methods.settings` makes it).

    The defaults are those of MTL-UE with TAP, and suit 2 CPU cores.

    Args:
        generator: structure of the generator (MTL-UE).
        lambda_intra: weight of L_intra (lambda_1; MTL-UE).
        lambda_inter: weight of L_inter (lambda_2; MTL-UE).
        recipe: how the generator is trained (MTL-UE); its epochs are the rounds of sample-wise EM.
        balanced: whether tasks of few classes get a larger weight in the objective; else all weigh the same, as in the
            paper.
        surrogate: backbone of the surrogates.
        surrogate_recipe: how surrogates are trained on clean images (TAP, SEP).
        joint_steps: EM: surrogate steps on perturbed batches after each epoch of the generator, or round; one pass over
            the images at most.
        stop_error: EM: training ends once the surrogate's error on those batches is at most this share, and less where
            the constant answer's is small (:func:`mtlue.methods.constant_answers.are_beaten`); None never ends it
            early.
        pgd_steps: sample-wise: steps of projected gradient descent for each image, and in each round of EM.
        pgd_step: sample-wise: length of a step as a share of epsilon.
        views: draws of crops, flips and transformations that each step's gradient is averaged over.
        against: what may be done to x + delta before it is cropped, each a transformation by name or a chain of them
            (:data:`mtlue.methods.transformations.TRANSFORMATIONS`); ``grey+jpeg:low=30``.
        against_share: of the images that go through one of them, in each draw.
        balance_classes: whether rare classes count as much as common ones, for clean surrogates and for the
            perturbation (TAP, SEP).
        steps_per_class: steps of the generator for each class of all image-level tasks that enough images carry
            (:data:`mtlue.methods.class_counts.RARE`), at least (MTL-UE).
        transform_surrogates: whether surrogates learn on images that are transformed so, too.
        pixels_per_step: of the views of a step, where images are so few that they are seen more often than the epochs
            say (:meth:`for_images`); None for as many as the recipes' batches hold.
    """

    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    lambda_intra: float = 20.0
    lambda_inter: float = 100.0
    recipe: Recipe = field(
        default_factory=lambda: Recipe(
            epochs=2, learning_rate=1e-2, batch_size=32, schedule="onecycle", clip_norm=None, min_steps=250
        )
    )
    balanced: bool = True
    surrogate: str = "tiny"
    surrogate_recipe: Recipe = field(
        default_factory=lambda: Recipe(epochs=8, learning_rate=4e-3, batch_size=64, schedule="onecycle", min_steps=500)
    )
    joint_steps: int = 30
    stop_error: float | None = 0.01
    pgd_steps: int = 20
    pgd_step: float = 0.1
    views: int = 1
    against: tuple[str, ...] = ()
    against_share: float = 0.6
    transform_surrogates: bool = False
    balance_classes: bool = False
    steps_per_class: int = 12
    pixels_per_step: int | None = PIXELS_PER_STEP

    @classmethod
    def fast(cls, plan: SurrogatePlan, structure: StructureName = "light", classes: int = 0) -> "ResolvedSettings":
        """MTL-UE's fast preset for a base method's plan.

        A clean training has at least an epoch for each checkpoint; a surrogate that learns along with the generator
        needs more of the generator's epochs. :data:`MANY_CLASSES` want what :meth:`_for_many_classes` adds.
        """
        if structure == "light" and len(plan.checkpoints) == 1 and classes >= MANY_CLASSES:
            return cls()._for_many_classes()
        if structure == "light" and not plan.joint:
            base, checkpoints = cls(), len(plan.checkpoints)
            recipe = replace(base.surrogate_recipe, epochs=max(base.surrogate_recipe.epochs, checkpoints))
            # a step costs as many passes as there are checkpoints
            return replace(base, surrogate_recipe=recipe, steps_per_class=base.steps_per_class // checkpoints)
        base = cls._thorough(plan, 1e-3 if structure == "published" else 1e-2)
        # a one-cycle schedule is good only at its end
        stop_error = None if plan.joint else base.stop_error
        return replace(base, generator=GeneratorConfig(structure=structure), stop_error=stop_error)

    @classmethod
    def strong(cls, plan: SurrogatePlan, structure: StructureName = "light", classes: int = 0) -> "ResolvedSettings":
        """MTL-UE's preset for a GPU, chosen with TAP on forty tasks (``benchmarks/NOTES.md``, 27 November 2026)."""
        del classes  # whatever they are
        base = cls.fast(plan, structure)
        return replace(
            base._against_the_usual(),
            surrogate="resnet18",
            generator=replace(base.generator, embedding_channels=64),
            recipe=replace(base.recipe, epochs=30, batch_size=64),
            balance_classes=not plan.joint,
            steps_per_class=48,
            pixels_per_step=None,
        )

    @classmethod
    def samplewise(cls, plan: SurrogatePlan) -> "ResolvedSettings":
        """The sample-wise methods' fast preset."""
        return cls._thorough(plan, 1e-2)

    @classmethod
    def strong_samplewise(cls, plan: SurrogatePlan) -> "ResolvedSettings":
        """The sample-wise methods' preset for a GPU."""
        return replace(cls.samplewise(plan)._against_the_usual(), surrogate="resnet18")

    def _against_the_usual(self) -> "ResolvedSettings":
        return replace(self, against=USUAL_PIPELINE, transform_surrogates=True)

    def _for_many_classes(self) -> "ResolvedSettings":
        """As measured with TAP on forty tasks (``benchmarks/NOTES.md``, 27 November 2026). With few classes these parts
        cost protection from single-task learners; with several checkpoints, or a joint surrogate, nobody measured them.
        """
        return replace(
            self._against_the_usual(),
            generator=replace(self.generator, embedding_channels=64),
            balance_classes=True,
            steps_per_class=36,
            pixels_per_step=None,
        )

    @classmethod
    def _thorough(cls, plan: SurrogatePlan, learning_rate: float) -> "ResolvedSettings":
        base, epochs = cls(), 12 if plan.joint else 8
        return replace(
            base,
            recipe=replace(base.recipe, epochs=epochs, batch_size=64, learning_rate=learning_rate),
            surrogate_recipe=replace(base.surrogate_recipe, epochs=15, batch_size=128, min_steps=300),
            pixels_per_step=None,
            steps_per_class=0,
        )

    @classmethod
    def paper(cls, plan: SurrogatePlan, structure: StructureName = "published", classes: int = 0) -> "ResolvedSettings":
        """The paper's recipe (method.md, "Base methods"): half the epochs where there are many checkpoints (SEP).

        Where the public code runs EM until the surrogate's error is down, this stops after 100 epochs at the latest.
        """
        del classes  # whatever they are
        several = len(plan.checkpoints) > 1
        epochs, marks = (50, (1.2, 1.6)) if several else (100, (0.6, 0.8))  # epochs 60 and 80
        return cls(
            generator=GeneratorConfig(structure=structure),
            recipe=Recipe(epochs=epochs, learning_rate=1e-3, milestones=marks, clip_norm=None),
            balanced=False,
            surrogate="resnet18",
            surrogate_recipe=Recipe(epochs=60, learning_rate=1e-3),
            joint_steps=2,
            steps_per_class=0,
            pixels_per_step=None,
        )

    def for_images(self, count: int, pixels: int) -> "ResolvedSettings":
        """The settings for ``count`` images, of whose ``pixels`` learners see so many.

        Where images are few, least steps decide how often each is seen, and large ones take long: then a step takes
        fewer of them, :data:`LEAST_BATCH` at least, as ``pixels_per_step`` says.

        >>> settings = ResolvedSettings()
        >>> [settings.for_images(500, side**2).surrogate_recipe.batch_size for side in (56, 112, 224)]
        [64, 20, 16]
        >>> settings.for_images(4000, 224**2).surrogate_recipe.batch_size
        64
        """
        if self.pixels_per_step is None:
            return self
        most = max(LEAST_BATCH, self.pixels_per_step // pixels)

        def smaller(recipe: Recipe) -> Recipe:
            enough = math.ceil(recipe.epochs * count / max(1, recipe.min_steps))  # more steps would save nothing
            return replace(recipe, batch_size=min(recipe.batch_size, max(most, enough)))

        return replace(self, recipe=smaller(self.recipe), surrogate_recipe=smaller(self.surrogate_recipe))

    def generator_recipe(self, classes: int, count: int) -> Recipe:
        """How the generator is trained on ``count`` images, which show so many ``classes`` of all tasks together often
        enough (:func:`mtlue.methods.class_counts.frequent_classes`).
        """
        steps = max(self.recipe.min_steps, self.steps_per_class * classes)
        return replace(self.recipe, min_steps=steps).for_images(count)

    def joint_recipe(self) -> Recipe:
        """How EM's surrogate learns along with the perturbation."""
        return replace(self.surrogate_recipe, schedule="constant", learning_rate=1e-3)

    def to_json(self) -> dict[str, Any]:
        """Every value, as JSON."""
        return asdict(self)


SAMPLEWISE_PRESETS: dict[Preset, Callable[[SurrogatePlan], ResolvedSettings]] = {
    "fast": ResolvedSettings.samplewise,
    "strong": ResolvedSettings.strong_samplewise,
    "paper": ResolvedSettings.paper,
}
GENERATOR_PRESETS: dict[Preset, Callable[[SurrogatePlan, StructureName, int], ResolvedSettings]] = {
    "fast": ResolvedSettings.fast,
    "strong": ResolvedSettings.strong,
    "paper": ResolvedSettings.paper,
}
