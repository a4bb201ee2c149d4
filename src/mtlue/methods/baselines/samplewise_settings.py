"""Settings of the sample-wise methods: what a user can set, and how it is resolved. Imports nothing heavy."""

from dataclasses import dataclass, replace

from mtlue.errors import check_least, check_most, check_positive
from mtlue.methods.config import ResolvedSettings
from mtlue.methods.settings import CleanTraining, JointTraining, SurrogateSettings
from mtlue.training.recipe import MOST_EPOCHS


@dataclass(frozen=True)
class PgdSettings(SurrogateSettings):
    """What is added where each image's perturbation is found by projected gradient descent.

    Args:
        pgd_steps: steps of projected gradient descent for each image, in each round of em-samplewise.
        pgd_step: length of a step as a share of epsilon, above 0.
    """

    pgd_steps: int = 20
    pgd_step: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, pgd_steps=1)
        check_positive(self, "pgd_step")

    def _changed(self, config: ResolvedSettings) -> ResolvedSettings:
        return replace(super()._changed(config), pgd_steps=self.pgd_steps, pgd_step=self.pgd_step)


@dataclass(frozen=True)
class SampleWiseSettings(PgdSettings, CleanTraining):
    """Settings of a sample-wise method with surrogates trained on clean images (TAP, SEP)."""


@dataclass(frozen=True)
class JointSampleWiseSettings(PgdSettings, JointTraining):
    """Settings of a sample-wise method whose surrogate learns along with the perturbations (EM).

    Args:
        epochs: rounds of surrogate steps and descent, at most; by default the preset's.
    """

    epochs: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, epochs=1)
        check_most(self, epochs=MOST_EPOCHS)

    def _changed(self, config: ResolvedSettings) -> ResolvedSettings:
        config = super()._changed(config)
        return replace(config, recipe=config.recipe.with_epochs(self.epochs))
