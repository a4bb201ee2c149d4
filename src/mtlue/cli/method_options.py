"""Flags of the protection methods."""

from dataclasses import dataclass, replace
from typing import Literal

from mtlue.bounds import LEVELS, check_epsilon
from mtlue.methods import MtlUeConfig


@dataclass(frozen=True)
class MethodOptions:
    """How the perturbation is found.

    Args:
        method: em, tap, sep (MTL-UE with that base method), or noise (the control).
        epsilon: largest change of a pixel, in levels of 1/255.
        generator: light (fast) or published (the paper's structure).
        bounding: tanh or clamp; how the generator's output is held within epsilon.
        epochs: epochs of the generator; by default the method's, more on few images.
        surrogate: backbone of the surrogates: tiny, resnet18, resnet50 or any name of timm.
        surrogate_epochs: epochs of the surrogates' training on clean images; likewise.
        lambda_intra: weight of the intra-task regularisation.
        lambda_inter: weight of the inter-task regularisation.
    """

    method: str = "tap"
    epsilon: float = 8.0
    generator: Literal["light", "published"] = "light"
    bounding: Literal["tanh", "clamp"] | None = None
    epochs: int | None = None
    surrogate: str = "tiny"
    surrogate_epochs: int | None = None
    lambda_intra: float = 20.0
    lambda_inter: float = 100.0

    def epsilon_in_range(self) -> float:
        """Epsilon in 0..1, checked."""
        return check_epsilon(self.epsilon / LEVELS)

    def config(self) -> MtlUeConfig:
        """The generator methods' settings."""
        base = MtlUeConfig.of(self.method, self.generator)
        structure = base.generator if self.bounding is None else replace(base.generator, bounding=self.bounding)
        return replace(
            base,
            generator=structure,
            lambda_intra=self.lambda_intra,
            lambda_inter=self.lambda_inter,
            surrogate=self.surrogate,
            recipe=base.recipe.with_epochs(self.epochs),
            surrogate_recipe=base.surrogate_recipe.with_epochs(self.surrogate_epochs),
        )
