"""What the settings of methods with surrogates amount to: presets, and what changes them."""

from dataclasses import fields, replace
from math import inf, nan
from typing import Any, get_args, get_type_hints

import pytest

from mtlue import InputError, Protector
from mtlue.methods import METHODS, MethodChoice
from mtlue.methods.baselines.samplewise_settings import JointSampleWiseSettings, SampleWiseSettings
from mtlue.methods.config import MANY_CLASSES, USUAL_PIPELINE, ResolvedSettings
from mtlue.methods.objectives import OBJECTIVES
from mtlue.methods.plan import SurrogatePlan
from mtlue.methods.settings import (
    JointMtlUeSettings,
    MtlUeSettings,
    SurrogateSettings,
)
from mtlue.methods.work import FitSize
from mtlue.registry import field_help
from mtlue.tasks import Categorical

CLEAN, JOINT = SurrogatePlan(checkpoints=(1.0,)), SurrogatePlan(joint=True)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_every_setting_has_a_default_and_help(name: str) -> None:
    kind = METHODS.settings(name)
    assert kind() == METHODS.load(name)().settings
    assert set(field_help(kind)) >= {item.name for item in fields(kind)}
    assert Protector(name).method == name


@pytest.mark.parametrize("name", [name for name in METHODS if name.split("-")[0] in OBJECTIVES])
def test_a_method_has_the_settings_of_its_plan(name: str) -> None:
    names = {item.name for item in fields(METHODS.settings(name))}
    joint = OBJECTIVES[name.split("-")[0]].plan.joint
    assert ("surrogate_epochs" in names) != joint
    assert ("joint_steps" in names) == joint


def test_sep_keeps_fifteen_checkpoints_by_default() -> None:
    """One per epoch of the surrogate's training (method.md, "Base methods")."""
    config = MtlUeSettings().resolved(OBJECTIVES["sep"].plan)
    assert config.surrogate_recipe.for_images(4000).epochs == 15
    assert METHODS.load("sep")().config_for(()) == config


def test_a_base_method_of_ones_own_has_the_recipe_of_its_plan() -> None:
    many = SurrogatePlan(checkpoints=tuple((i + 1) / 20 for i in range(20)))
    mine, tap = MtlUeSettings().resolved(many), MtlUeSettings().resolved(CLEAN)
    assert tap == ResolvedSettings()
    assert mine == replace(tap, surrogate_recipe=replace(tap.surrogate_recipe, epochs=20), steps_per_class=0)
    assert SampleWiseSettings().resolved(many) == SampleWiseSettings().resolved(CLEAN)


@pytest.mark.parametrize("count", [60, 500, 4000])
def test_few_images_get_as_many_steps_as_four_thousand(count: int) -> None:
    config = MtlUeSettings().resolved(CLEAN)
    for recipe, steps in ((config.recipe, 250), (config.surrogate_recipe, 500)):
        taken = recipe.for_images(count).epochs * recipe.steps_per_epoch(count)
        assert steps <= taken < steps + recipe.steps_per_epoch(count)


@pytest.mark.parametrize(("classes", "steps"), [(2, 1890), (16, 1890), (80, 3840)])
def test_with_strong_more_classes_take_more_steps(classes: int, steps: int) -> None:
    recipe = MtlUeSettings(preset="strong").resolved(CLEAN).generator_recipe(classes, 4000)
    assert recipe.epochs * recipe.steps_per_epoch(4000) == pytest.approx(steps, abs=63)
    assert MtlUeSettings(preset="strong", epochs=3).resolved(CLEAN).generator_recipe(classes, 4000).epochs == 3


@pytest.mark.parametrize(("classes", "epochs"), [(2, 2), (20, 2), (39, 4), (40, 12), (80, 24)])
def test_more_classes_take_tap_more_steps(classes: int, epochs: int) -> None:
    def taken(settings: MtlUeSettings) -> int:
        return settings.resolved(CLEAN, classes).generator_recipe(classes, 4000).epochs

    assert taken(MtlUeSettings()) == epochs
    assert taken(MtlUeSettings(epochs=2)) == 2


def test_many_classes_are_fitted_against_the_usual_pipeline_unless_told_otherwise() -> None:
    few, many = MtlUeSettings().resolved(CLEAN, MANY_CLASSES - 1), MtlUeSettings().resolved(CLEAN, MANY_CLASSES)
    assert few == ResolvedSettings()
    assert (many.against, many.transform_surrogates, many.balance_classes) == (USUAL_PIPELINE, True, True)
    assert (many.surrogate, many.generator.embedding_channels) == ("tiny", 64)
    plain = MtlUeSettings(against=("none",), balance_classes=False, embedding_channels=16).resolved(CLEAN, 80)
    assert plain == replace(few, steps_per_class=many.steps_per_class, pixels_per_step=None)
    for other in (MtlUeSettings(generator="published"), MtlUeSettings(preset="paper"), MtlUeSettings(preset="strong")):
        assert other.resolved(CLEAN, 80) == other.resolved(CLEAN)
    assert MtlUeSettings().resolved(OBJECTIVES["sep"].plan, 80) == MtlUeSettings().resolved(OBJECTIVES["sep"].plan)


CHANGES: list[tuple[SurrogateSettings, dict[str, Any]]] = [
    (MtlUeSettings(epochs=3), {"recipe.epochs": 3, "recipe.min_steps": 0}),
    (MtlUeSettings(surrogate_epochs=3), {"surrogate_recipe.epochs": 3, "surrogate_recipe.min_steps": 0}),
    (MtlUeSettings(learning_rate=0.5), {"recipe.learning_rate": 0.5}),
    (MtlUeSettings(surrogate_learning_rate=0.5), {"surrogate_recipe.learning_rate": 0.5}),
    (MtlUeSettings(surrogate="vit_narrow"), {"surrogate_recipe.learning_rate": 1e-3}),
    (MtlUeSettings(surrogate="vit_base_patch16_224"), {"surrogate_recipe.learning_rate": 1e-3}),
    (MtlUeSettings(surrogate="vit_b", surrogate_learning_rate=5e-3), {"surrogate_recipe.learning_rate": 5e-3}),
    (SampleWiseSettings(surrogate="two_layer"), {"surrogate_recipe.learning_rate": 1e-3}),
    (MtlUeSettings(surrogate="resnet18"), {"surrogate_recipe.learning_rate": 4e-3}),
    (MtlUeSettings(fit_batch_size=9), {"recipe.batch_size": 9, "surrogate_recipe.batch_size": 9}),
    (MtlUeSettings(surrogate="resnet18"), {"surrogate": "resnet18"}),
    (MtlUeSettings(equal_weights=True), {"balanced": False}),
    (MtlUeSettings(lambda_intra=1.0, lambda_inter=2.0), {"lambda_intra": 1.0, "lambda_inter": 2.0}),
    (MtlUeSettings(ablate=("intra", "inter")), {"lambda_intra": 0.0, "lambda_inter": 0.0}),
    (MtlUeSettings(preset="strong"), {"against": USUAL_PIPELINE, "transform_surrogates": True, "recipe.epochs": 30}),
    (MtlUeSettings(preset="strong"), {"surrogate": "resnet18", "balance_classes": True, "recipe.batch_size": 64}),
    (MtlUeSettings(preset="strong", embedding_channels=8), {"generator.embedding_channels": 8}),
    (MtlUeSettings(preset="strong", surrogate="tiny"), {"surrogate": "tiny", "generator.embedding_channels": 64}),
    (JointMtlUeSettings(preset="strong"), {"balance_classes": False, "stop_error": None, "surrogate": "resnet18"}),
    (SampleWiseSettings(preset="strong"), {"against": USUAL_PIPELINE, "surrogate": "resnet18"}),
    (MtlUeSettings(preset="strong", against=("none",)), {"against": (), "transform_surrogates": False}),
    (MtlUeSettings(against=("jpeg",)), {"against": ("jpeg",), "transform_surrogates": False}),
    (MtlUeSettings(preset="paper"), {"against": (), "balance_classes": False, "steps_per_class": 0}),
    (MtlUeSettings(ablate=("labels",)), {"generator.use_labels": False}),
    (MtlUeSettings(ablate=("image", "linear")), {"generator.use_image": False, "generator.use_linear": False}),
    (MtlUeSettings(bounding="clamp", embedding_channels=4), {"generator.embedding_channels": 4}),
    (MtlUeSettings(chroma=0.25), {"generator.chroma": 0.25}),
    (MtlUeSettings(generator="published"), {"generator.structure": "published", "recipe.learning_rate": 1e-3}),
    (MtlUeSettings(preset="paper"), {"generator.structure": "published", "recipe.epochs": 100, "balanced": False}),
    (MtlUeSettings(preset="paper", generator="light"), {"generator.structure": "light", "surrogate": "resnet18"}),
    (JointMtlUeSettings(), {"stop_error": None, "recipe.epochs": 12}),
    (JointMtlUeSettings(joint_steps=7, stop_error=0.5), {"joint_steps": 7, "stop_error": 0.5}),
    (JointSampleWiseSettings(), {"stop_error": 0.01, "recipe.epochs": 12, "pgd_steps": 20}),
    (JointSampleWiseSettings(epochs=2, pgd_steps=3), {"recipe.epochs": 2, "pgd_steps": 3}),
    (SampleWiseSettings(pgd_step=0.5), {"pgd_step": 0.5, "surrogate_recipe.epochs": 15}),
]


@pytest.mark.parametrize(("settings", "expected"), CHANGES)
def test_what_is_set_changes_the_preset(settings: SurrogateSettings, expected: dict[str, Any]) -> None:
    config = settings.resolved(JOINT if isinstance(settings, JointMtlUeSettings | JointSampleWiseSettings) else CLEAN)
    for place, value in expected.items():
        found: Any = config
        for name in place.split("."):
            found = getattr(found, name)
        assert found == value, place


@pytest.mark.parametrize("value", [nan, inf, -inf])
@pytest.mark.parametrize("name", sorted(METHODS))
def test_no_setting_is_endless_or_no_number(name: str, value: float) -> None:
    kind = METHODS.settings(name)
    hints = get_type_hints(kind)
    for setting in (item.name for item in fields(kind) if float in (hints[item.name], *get_args(hints[item.name]))):
        with pytest.raises(InputError, match=rf"{setting}\b.* (nan|-?inf)"):
            kind(**{setting: value})


@pytest.mark.parametrize(
    ("method", "values", "message"),
    [
        ("tap", {"epochs": 0}, "epochs 0: give 1 or more"),
        ("tap", {"epochs": 10**12}, "epochs 1000000000000: give 1000000 at most"),
        ("sep", {"surrogate_epochs": 0}, "surrogate_epochs 0"),
        ("tap", {"fit_batch_size": 1}, "fit_batch_size 1"),
        ("tap", {"lambda_intra": -1}, "lambda_intra -1"),
        ("tap", {"lambda_inter": float("nan")}, "lambda_inter nan"),
        ("tap", {"learning_rate": 0}, "learning_rate 0: give a number above 0"),
        ("tap", {"ablate": ["nose"]}, "ablate nose: choose from labels"),
        ("tap", {"ablate": ["labels", "image"]}, "without labels and without the image"),
        ("tap", {"ablate": ["linear"], "preset": "paper"}, "no linear path"),
        ("tap", {"preset": "slow"}, "preset"),
        ("em", {"stop_error": 2}, "stop_error 2.0: give 1 at most"),
        ("em-samplewise", {"joint_steps": 0}, "joint_steps 0"),
        ("tap-samplewise", {"pgd_step": 0}, "pgd_step 0: give a number above 0"),
        ("tap-samplewise", {"pgd_steps": 0}, "pgd_steps 0"),
        ("lsp-patch", {"square": 0}, "square 0: give 1 or more"),
        ("ar-average", {"scale": 0}, "scale 0: give a number above 0"),
        ("joint-code", {"spacings": [8]}, "spacings 8: give at least two different numbers"),
        ("joint-code", {"spacings": [8, 4, 8]}, "spacings 8 4 8"),
        ("joint-code", {"spacings": [8, 0]}, "spacings 8 0"),
        ("joint-code", {"code_pixels": 0}, "code_pixels 0"),
        ("joint-code", {"periods": [4, 6, 4]}, "periods 4 6 4: give even numbers, 2 or more each, all different"),
        ("joint-code", {"periods": [4, 7]}, "periods 4 7: give even numbers"),
        ("joint-code", {"periods": [0]}, "periods 0: give even numbers"),
        ("joint-code", {"periods": [10, 14]}, "periods 10 14: their patterns repeat after 70 pixels: at most 64"),
    ],
)
def test_values_that_mean_nothing_are_refused(method: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=rf"method {method}: .*{message}"):
        MethodChoice(method, values)


@pytest.mark.parametrize(
    ("settings", "count", "side", "batches"),
    [
        (MtlUeSettings(), 57, 154, (16, 16)),
        (MtlUeSettings(), 500, 112, (20, 20)),
        (MtlUeSettings(), 57, 56, (32, 64)),
        (MtlUeSettings(), 4000, 224, (32, 64)),
        (MtlUeSettings(fit_batch_size=48), 57, 154, (48, 48)),
        (MtlUeSettings(preset="paper"), 57, 154, (128, 128)),
        (MtlUeSettings(preset="strong"), 57, 154, (64, 64)),
    ],
)
def test_a_step_of_few_large_images_takes_fewer_of_them(
    settings: MtlUeSettings, count: int, side: int, batches: tuple[int, int]
) -> None:
    config = settings.resolved(CLEAN).for_images(count, side**2)
    assert (config.recipe.batch_size, config.surrogate_recipe.batch_size) == batches


def test_steps_of_few_large_images_are_cheaper() -> None:
    task = Categorical("kind", ("a", "b"))
    usual, whole = (
        METHODS.load("tap")(settings=settings).estimated_flops(FitSize((task,), 57, (3, 176, 176), (154, 154)))
        for settings in (MtlUeSettings(), MtlUeSettings(fit_batch_size=64))
    )
    assert usual < 0.4 * whole
