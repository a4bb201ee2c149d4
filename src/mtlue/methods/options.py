"""Flags of the protection methods."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from mtlue.bounds import LEVELS, check_epsilon
from mtlue.errors import InputError, check_least, check_most
from mtlue.methods import AUTO, MethodConfig, Perturber, Scope, build_method, default_method
from mtlue.tasks import Task
from mtlue.training import MOST_EPOCHS, Recipe

PARTS = ("labels", "image", "linear", "intra", "inter")
"""Parts of MTL-UE that an ablation can leave out."""


@dataclass(frozen=True)
class MethodOptions:
    """How the perturbation is found.

    Args:
        method: em, tap, sep (MTL-UE with that base method); joint-code (made for labels of pixels); em-samplewise,
            tap-samplewise, sep-samplewise, lsp-patch, lsp-average, ar-patch, ar-average (the paper's baselines); noise
            (the control); or auto: joint-code where a protected task has a label a pixel, else tap.
        preset: fast, or paper (the paper's recipe: published generator, ResNet-18 surrogates, equal weights, 100
            epochs, 50 for sep). The options below change parts of it.
        epsilon: largest change of a pixel, in levels of 1/255.
        generator: light (fast) or published (the paper's structure).
        bounding: tanh, standardised or clamp; how the generator's output is held within epsilon.
        epochs: epochs of the generator; by default the method's, more on few images.
        fit_batch_size: images a step of the generator and of the surrogates.
        surrogate: backbone of the surrogates: tiny, resnet18, vgg16 or any name of timm; by default the preset's.
        surrogate_epochs: epochs of the surrogates' training on clean images; likewise.
        lambda_intra: weight of the intra-task regularisation, 0 or more.
        lambda_inter: weight of the inter-task regularisation, 0 or more.
        ablate: parts of MTL-UE to leave out: labels (no label prior), image, linear (the light decoder's
            path from labels to pixels), intra, inter.
        equal_weights: give all tasks the same weight in the objective, as the paper does; by default tasks of few
            classes get a larger one.
        unprotected: tasks that are to stay learnable.
        fraction: share of the images to protect, above 0 and at most 1, chosen by their id and the secret; the others
            stay as they are.
    """

    method: str = AUTO
    preset: Literal["fast", "paper"] = "fast"
    epsilon: float = 8.0
    generator: Literal["light", "published"] | None = None
    bounding: Literal["tanh", "standardised", "clamp"] | None = None
    epochs: int | None = None
    fit_batch_size: int | None = None
    surrogate: str | None = None
    surrogate_epochs: int | None = None
    lambda_intra: float = 20.0
    lambda_inter: float = 100.0
    ablate: list[str] | None = None
    equal_weights: bool = False
    unprotected: list[str] | None = None
    fraction: float = 1.0

    def check(self) -> None:
        """Refuse values that mean nothing.

        Raises:
            InputError: names the option.
        """
        check_least(self, epochs=1, surrogate_epochs=1, fit_batch_size=2, lambda_intra=0, lambda_inter=0)
        check_most(self, epochs=MOST_EPOCHS, surrogate_epochs=MOST_EPOCHS)
        method = self.build()
        defaults = MethodOptions()
        given = [name for name in method.unused_options if getattr(self, name) != getattr(defaults, name)]
        if given:
            raise InputError(f"method {self.method} has no option --{given[0].replace('_', '-')}: leave it out")

    def resolved(self, tasks: Sequence[Task]) -> "MethodOptions":
        """The same with the method that ``auto`` stands for with these tasks."""
        return replace(self, method=default_method(tasks, self.scope())) if self.method == AUTO else self

    def build(self) -> Perturber:
        """The method, not fitted yet; that of image-level tasks for ``auto``."""
        return build_method(self.resolved(()).method, self.epsilon_in_range(), self.config(), self.scope())

    def choices(self, tasks: Sequence[Task] = ()) -> dict[str, Any]:
        """Everything that decides what the method finds besides images and seed, as JSON, defaults filled in."""
        known = self.resolved(tasks)
        return {
            "method": known.method,
            "epsilon": self.epsilon,
            "scope": asdict(self.scope()),
            "settings": known.build().choices(tasks),
        }

    def epsilon_in_range(self) -> float:
        """Epsilon in 0..1, checked."""
        return check_epsilon(self.epsilon / LEVELS)

    def config(self) -> MethodConfig:
        """The settings of the methods with surrogates."""
        base = self._preset()
        unknown = [part for part in self.ablate or () if part not in PARTS]
        if unknown:
            raise InputError(f"--ablate {' '.join(unknown)}: choose from {', '.join(PARTS)}")
        left_out = set(self.ablate or ())
        structure = replace(
            base.generator,
            bounding=self.bounding,
            use_labels="labels" not in left_out,
            use_image="image" not in left_out,
            use_linear="linear" not in left_out,
        )
        return replace(
            base,
            generator=structure,
            lambda_intra=0.0 if "intra" in left_out else self.lambda_intra,
            lambda_inter=0.0 if "inter" in left_out else self.lambda_inter,
            balanced=base.balanced and not self.equal_weights,
            surrogate=self.surrogate or base.surrogate,
            recipe=self._batches(base.recipe.with_epochs(self.epochs)),
            surrogate_recipe=self._batches(base.surrogate_recipe.with_epochs(self.surrogate_epochs)),
        )

    def _preset(self) -> MethodConfig:
        method = self.resolved(()).method
        if self.preset == "paper":
            return MethodConfig.paper(method, self.generator or "published")
        return MethodConfig.of(method, self.generator or "light")

    def _batches(self, recipe: Recipe) -> Recipe:
        return recipe if self.fit_batch_size is None else replace(recipe, batch_size=self.fit_batch_size)

    def scope(self) -> Scope:
        """What of the dataset is protected."""
        return Scope(tuple(self.unprotected or ()), self.fraction)
