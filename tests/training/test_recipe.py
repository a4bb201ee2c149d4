"""A recipe: how long and how a model is trained."""

from typing import Any

import pytest

from mtlue import InputError
from mtlue.training import Recipe


def test_few_images_get_more_epochs() -> None:
    recipe = Recipe(epochs=2, batch_size=10, min_steps=50)
    assert recipe.for_images(100).epochs == 5
    assert recipe.for_images(1000).epochs == 2
    assert recipe.with_epochs(1).for_images(10).epochs == 1


@pytest.mark.parametrize("changes", [{"epochs": 0}, {"batch_size": 1}, {"learning_rate": 0.0}])
def test_impossible_recipes_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="a recipe needs"):
        Recipe(**changes)


def test_a_last_batch_of_one_is_no_step_of_its_own() -> None:
    recipe = Recipe(batch_size=10)
    assert [recipe.steps_per_epoch(count) for count in (2, 10, 11, 12, 21)] == [1, 1, 1, 2, 2]
