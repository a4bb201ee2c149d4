"""Default settings: one place, whether a method is made from Python or by a command."""

from dataclasses import replace

import pytest

from mtlue import MethodConfig, Protector
from mtlue.methods import METHODS, build_method
from mtlue.methods.mtl_ue import MtlUe
from mtlue.methods.objectives import OBJECTIVES, SurrogatePlan
from mtlue.methods.objectives.tap import TargetedAdversarial
from mtlue.methods.options import MethodOptions


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_method_has_the_same_defaults_from_python_and_from_a_command(name: str) -> None:
    from_command = MethodOptions(method=name).build()
    assert build_method(name, 8 / 255).choices() == from_command.choices()
    assert Protector(name).method == name


def test_auto_takes_the_defaults_of_the_method_that_it_chooses() -> None:
    assert MethodOptions().choices() == MethodOptions(method="tap").choices()
    assert MethodOptions().config() == MethodConfig.of("tap")
    assert MethodOptions(preset="paper").config() == MethodConfig.paper("tap")


def test_auto_without_tasks_is_taps() -> None:
    assert MethodConfig.of("auto") == MethodConfig.of("tap") == MethodConfig()


def test_sep_keeps_fifteen_checkpoints_by_default() -> None:
    """One an epoch of the surrogate's training (PAPER 4)."""
    config = MethodConfig.of("sep")
    assert config.surrogate_recipe.for_images(4000).epochs == 15
    method = build_method("sep", 8 / 255)
    assert isinstance(method, MtlUe)
    assert method.config == config


def test_an_added_base_method_has_the_recipe_of_its_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its name in the settings: a checkpoint an epoch where it asks for many, EM's recipe where it is joint."""

    class TwentyCheckpoints(TargetedAdversarial):
        plan = SurrogatePlan(checkpoints=tuple((i + 1) / 20 for i in range(20)))

    class Joint(TargetedAdversarial):
        plan = SurrogatePlan(joint=True)

    monkeypatch.setitem(OBJECTIVES, "mine", TwentyCheckpoints)
    monkeypatch.setitem(OBJECTIVES, "ours", Joint)
    mine, tap = MethodConfig.of("mine"), MethodConfig.of("tap")
    assert mine == replace(tap, surrogate_recipe=replace(tap.surrogate_recipe, epochs=20))
    assert MethodConfig.of("ours") == MethodConfig.of("em")
    assert MethodConfig.of("mine-samplewise") == MethodConfig.of("tap-samplewise")


@pytest.mark.parametrize("count", [60, 500, 4000])
def test_few_images_get_as_many_steps_as_four_thousand(count: int) -> None:
    config = MethodConfig.of("tap")
    for recipe, steps in ((config.recipe, 250), (config.surrogate_recipe, 500)):
        taken = recipe.for_images(count).epochs * recipe.steps_per_epoch(count)
        assert steps <= taken < steps + recipe.steps_per_epoch(count)
