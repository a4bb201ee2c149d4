"""A recipe: how long and how a model is trained."""

from math import inf, nan
from typing import Any

import pytest

from mtlue import InputError
from mtlue.training import Recipe


def test_few_images_get_more_epochs() -> None:
    recipe = Recipe(epochs=2, batch_size=10, min_steps=50)
    assert recipe.for_images(100).epochs == 5
    assert recipe.for_images(1000).epochs == 2
    assert recipe.with_epochs(1).for_images(10).epochs == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("epochs", value) for value in (0, 10**9)),
        *(("learning_rate", value) for value in (0.0, -1.0, nan, inf)),
        *(("weight_decay", value) for value in (-1.0, nan, inf)),
        ("batch_size", 1),
        ("schedule", "cosine"),
        *(("milestones", value) for value in ((30, 40), (0.5, -0.1), (nan,))),
        *(("clip_norm", value) for value in (0.0, -1.0, nan, inf)),
        *(("min_steps", value) for value in (-5, 10**12)),
    ],
)
def test_impossible_recipes_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InputError, match=f"^a recipe's {name} .*: give "):
        Recipe(**{name: value})


def test_all_that_is_wrong_with_a_recipe_is_told_at_once() -> None:
    with pytest.raises(InputError, match=r"2 things are wrong: .* epochs 0: .* milestones 30, 40: give shares of"):
        Recipe(epochs=0, milestones=(30, 40))


def test_a_last_batch_of_one_is_no_step_of_its_own() -> None:
    recipe = Recipe(batch_size=10)
    assert [recipe.steps_per_epoch(count) for count in (2, 10, 11, 12, 21)] == [1, 1, 1, 2, 2]
