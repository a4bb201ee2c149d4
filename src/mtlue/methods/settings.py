"""Settings of MTL-UE: what a user can set, and how it is resolved.

Imports nothing heavy. A base method whose surrogates are trained on clean images (TAP, SEP) has other settings than one
whose surrogate learns along with the perturbation (EM), so each method combines the parts that it has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mtlue.errors import InputError, check_least, check_most, check_positive, param
from mtlue.generator.config import Bounding, GeneratorConfig, StructureName
from mtlue.methods.config import GENERATOR_PRESETS, SAMPLEWISE_PRESETS, Preset, ResolvedSettings
from mtlue.methods.plan import SurrogatePlan
from mtlue.methods.transformations import JOINT, check_chain
from mtlue.registry import Settings, whole_choices
from mtlue.training.recipe import MOST_EPOCHS, Recipe

D = TypeVar("D", Recipe, ResolvedSettings, GeneratorConfig)
S = TypeVar("S", bound="SurrogateSettings")
NOTHING = "none"
PARTS = ("labels", "image", "linear", "intra", "inter")
"""Parts of MTL-UE that an ablation can leave out."""


@dataclass(frozen=True)
class SurrogateSettings(Settings):
    """What every method with surrogates has.

    Args:
        preset: fast; strong (for a GPU: ResNet-18 surrogates, and a longer fit that averages over what the usual
            pipeline does to images and lets rare classes count as much as common ones); or paper (the paper's recipe:
            published generator, ResNet-18 surrogates, equal weights, 100 epochs, 50 for sep). The other settings change
            parts of it; fast has strong's other parts for tap where protected tasks have forty classes or more
            together (numbers and labels per pixel have none).
        fit_batch_size: images per step of the perturbation's and of the surrogates' training; by default the preset's,
            fewer of few large images.
        surrogate: backbone of the surrogates: tiny, resnet18, vgg16 or any timm model; by default the preset's.
        equal_weights: give all tasks the same weight in the objective, as the paper does; by default tasks of few
            classes get a larger one.
        views: random crops, flips and transformations that each step's gradient is averaged over, 1 or more.
        against: what the perturbation is to survive: jpeg, grey, resize, blur, bits, with settings jpeg:low=30, or one
            after another grey+jpeg; none for nothing. In each step some of the perturbed images go through one of
            them, by chance. By default the preset's: all of these for strong and for
            many classes, else nothing.
        against_share: share of the images that do so, 0 to 1.
        transform_surrogates: train the surrogates on images that are transformed so, too; by default where the preset
            says what against is.
    """

    preset: Preset = "fast"
    fit_batch_size: int | None = None
    surrogate: str | None = None
    equal_weights: bool = False
    views: int = 1
    against: tuple[str, ...] | None = None
    against_share: float = 0.6
    transform_surrogates: bool | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, fit_batch_size=2, views=1, against_share=0)
        check_most(self, against_share=1)
        if self.against is not None:
            chains = () if tuple(self.against) == (NOTHING,) else whole_choices(self.against)
            object.__setattr__(self, "against", chains)
            for text in chains:
                check_chain(text)

    @classmethod
    def of_saved(cls: type[S], values: Mapping[str, Any]) -> S:
        """Settings of before ``against`` hold ``transformations``: every image went through all of them, in order."""
        kept = dict(values)
        if before := kept.pop("transformations", ()):
            kept |= {"against": [JOINT.join(before)], "against_share": 1.0}
        kept.setdefault("against", [])
        return cls.of(kept)

    def resolved(self, plan: SurrogatePlan, classes: int = 0) -> ResolvedSettings:
        """These settings resolved for a base method's plan and the number of classes of all protected image-level
        tasks together: the preset, changed by what was given."""
        return self._changed(self._preset(plan, classes))

    def _preset(self, plan: SurrogatePlan, classes: int) -> ResolvedSettings:
        return SAMPLEWISE_PRESETS[self.preset](plan)

    def _changed(self, config: ResolvedSettings) -> ResolvedSettings:
        """A subclass changes what its own fields say, and leaves the rest to ``super()``."""
        surrogate = self.surrogate or config.surrogate
        return replace(
            config,
            balanced=config.balanced and not self.equal_weights,
            surrogate=surrogate,
            views=self.views,
            against=config.against if self.against is None else self.against,
            against_share=self.against_share,
            transform_surrogates=self._transforms_surrogates(config),
            recipe=_given(config.recipe, batch_size=self.fit_batch_size),
            surrogate_recipe=_given(config.surrogate_recipe.for_backbone(surrogate), batch_size=self.fit_batch_size),
            pixels_per_step=config.pixels_per_step if self.fit_batch_size is None else None,
        )

    def _transforms_surrogates(self, config: ResolvedSettings) -> bool:
        if self.transform_surrogates is not None:
            return self.transform_surrogates
        return config.transform_surrogates and self.against is None


@dataclass(frozen=True)
class CleanTraining(SurrogateSettings):
    """What is added where surrogates are trained on clean images.

    Args:
        surrogate_epochs: epochs of the surrogates' training on clean images; by default the preset's, more on few
            images.
        surrogate_learning_rate: learning rate of that training; by default the preset's, and at most 0.001 for
            vit_narrow, two_layer and vit_b.
    """

    surrogate_epochs: int | None = None
    surrogate_learning_rate: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, surrogate_epochs=1)
        check_most(self, surrogate_epochs=MOST_EPOCHS)
        check_positive(self, "surrogate_learning_rate")

    def _changed(self, config: ResolvedSettings) -> ResolvedSettings:
        config = super()._changed(config)
        recipe = config.surrogate_recipe.with_epochs(self.surrogate_epochs)
        return replace(config, surrogate_recipe=_given(recipe, learning_rate=self.surrogate_learning_rate))


@dataclass(frozen=True)
class JointTraining(SurrogateSettings):
    """What is added where one surrogate learns along with the perturbation.

    Args:
        joint_steps: surrogate steps on perturbed batches after each epoch, at most one pass over the images; by default
            the preset's.
        stop_error: end once the surrogate's error on those batches is at most this share, 0 to 1, and less where always
            giving the same answer errs on less than half of the images; by default the preset's.
    """

    joint_steps: int | None = None
    stop_error: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, joint_steps=1, stop_error=0)
        check_most(self, stop_error=1)

    def _changed(self, config: ResolvedSettings) -> ResolvedSettings:
        return _given(super()._changed(config), joint_steps=self.joint_steps, stop_error=self.stop_error)


@dataclass(frozen=True)
class GeneratorSettings(SurrogateSettings):
    """What is added where a generator makes the perturbation.

    Args:
        generator: light (fast) or published (the paper's structure); by default the preset's.
        bounding: how the generator's output is held within epsilon: tanh, standardised or clamp; by default the
            generator's.
        chroma: share of the perturbation's colour that is left, 0 to 1: with less it is seen less, and may protect
            less.
        embedding_channels: channels of a class's learned map, and of the embedding of a label per pixel; by default the
            preset's.
        epochs: epochs of the generator; by default the method's, more for small datasets and, with
            strong, for many classes.
        learning_rate: of the generator; by default the preset's.
        lambda_intra: weight of the intra-task regularisation, 0 or more.
        lambda_inter: weight of the inter-task regularisation, 0 or more.
        ablate: parts of MTL-UE to leave out: labels (no label prior), image, linear (the light decoder's
            path from labels to pixels), intra, inter.
    """

    generator: StructureName | None = None
    bounding: Bounding | None = None
    chroma: float = 1.0
    embedding_channels: int | None = None
    epochs: int | None = None
    learning_rate: float | None = None
    lambda_intra: float = 20.0
    lambda_inter: float = 100.0
    ablate: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, epochs=1, embedding_channels=1, lambda_intra=0, lambda_inter=0)
        check_most(self, epochs=MOST_EPOCHS)
        check_positive(self, "learning_rate")
        unknown = [part for part in self.ablate or () if part not in PARTS]
        if unknown:
            raise InputError(f"{param('ablate')} {' '.join(unknown)}: choose from {', '.join(PARTS)}")
        self._structure()

    def _preset(self, plan: SurrogatePlan, classes: int) -> ResolvedSettings:
        return GENERATOR_PRESETS[self.preset](plan, self._structure().structure, classes)

    def _changed(self, config: ResolvedSettings) -> ResolvedSettings:
        config = super()._changed(config)
        return replace(
            config,
            generator=_given(self._structure(), embedding_channels=self._channels(config)),
            lambda_intra=0.0 if self._leaves_out("intra") else self.lambda_intra,
            lambda_inter=0.0 if self._leaves_out("inter") else self.lambda_inter,
            recipe=_given(config.recipe.with_epochs(self.epochs), learning_rate=self.learning_rate),
            steps_per_class=config.steps_per_class if self.epochs is None else 0,
        )

    def _channels(self, config: ResolvedSettings) -> int:
        return self.embedding_channels or config.generator.embedding_channels

    def _structure(self) -> GeneratorConfig:
        return GeneratorConfig(
            structure=self.generator or ("published" if self.preset == "paper" else "light"),
            bounding=self.bounding,
            chroma=self.chroma,
            use_labels=not self._leaves_out("labels"),
            use_image=not self._leaves_out("image"),
            use_linear=not self._leaves_out("linear"),
        )

    def _leaves_out(self, part: str) -> bool:
        return part in (self.ablate or ())


@dataclass(frozen=True)
class MtlUeSettings(GeneratorSettings, CleanTraining):
    """Settings of MTL-UE with surrogates trained on clean images (TAP, SEP).

    Args:
        balance_classes: let rare classes count as much as common ones, for the surrogates and for the perturbation; by
            default the preset's.
    """

    balance_classes: bool | None = None

    @classmethod
    def of_saved(cls, values: Mapping[str, Any]) -> "MtlUeSettings":
        return super().of_saved({"balance_classes": False, **values})

    def _changed(self, config: ResolvedSettings) -> ResolvedSettings:
        return _given(super()._changed(config), balance_classes=self.balance_classes)


@dataclass(frozen=True)
class JointMtlUeSettings(GeneratorSettings, JointTraining):
    """Settings of MTL-UE with a surrogate that learns along with the generator (EM)."""


def _given(changed: D, **values: float | None) -> D:
    """A dataclass with those values in it that are not None."""
    given: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    return replace(changed, **given)
