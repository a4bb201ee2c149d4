"""Tasks divided among surrogates: each learns its own, and every step of the generator looks at one of them."""

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
import torch

from conftest import quick_config, quick_method, random_dataset
from mtlue import Categorical, InputError, Runtime
from mtlue.data import ArrayDataset, Pipeline
from mtlue.methods.fitting import Fitting
from mtlue.methods.objectives import OBJECTIVES
from mtlue.methods.settings import MtlUeSettings
from mtlue.methods.surrogate_groups import by_tasks, divided, drawn, trained_groups
from mtlue.methods.surrogates import surrogate_work
from mtlue.models import MultiTaskModel

VIEWS = Pipeline((16, 16), (12, 12), True)
FIVE = tuple(Categorical(name, ("no", "yes")) for name in "abcde")


def stream(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def five_tasks(count: int = 12) -> ArrayDataset:
    labels = {task.name: torch.randint(2, (count,), generator=stream(place)) for place, task in enumerate(FIVE)}
    images = torch.randint(256, (count, 1, 16, 16), dtype=torch.uint8, generator=stream(9))
    return ArrayDataset(FIVE, images, labels, [f"i{number}" for number in range(count)])


@pytest.mark.parametrize(("count", "sizes"), [(1, [5]), (2, [3, 2]), (3, [2, 2, 1]), (5, [1] * 5), (99, [1] * 5)])
def test_every_task_is_in_one_group(count: int, sizes: list[int]) -> None:
    groups = divided(FIVE, count, stream(0))
    assert [len(group) for group in groups] == sizes
    assert sorted(task.name for group in groups for task in group) == list("abcde")
    assert all([*group] == sorted(group, key=FIVE.index) for group in groups)
    assert groups == divided(FIVE, count, stream(0))
    if count == 2:
        assert any(divided(FIVE, 2, stream(seed)) != groups for seed in range(1, 5))


@pytest.mark.parametrize(("name", "checkpoints"), [("tap", 1), ("sep", 2)])
def test_each_group_has_the_plans_checkpoints(name: str, checkpoints: int, tmp_path: Path) -> None:
    quick, data = quick_config(), five_tasks()
    config = replace(quick, surrogate_groups=2, surrogate_recipe=replace(quick.surrogate_recipe, epochs=2))
    plan = OBJECTIVES[name].plan
    models, loss = trained_groups(config, plan, data, VIEWS, Runtime("cpu"), tmp_path)
    groups = by_tasks(models)
    assert len(groups) == 2
    assert all(len(group) >= checkpoints for group in groups)
    assert sorted(task.name for group in groups for task in group[0].tasks) == list("abcde")
    assert len(loss) == config.surrogate_recipe.for_images(len(data)).epochs
    again, same = trained_groups(config, plan, data, VIEWS, Runtime("cpu"), tmp_path)
    assert same == pytest.approx(loss)
    for one, other in zip(models, again, strict=True):
        assert all(
            torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
        )


def test_one_group_is_the_surrogate_of_before(tmp_path: Path) -> None:
    data, plan = random_dataset(12), OBJECTIVES["tap"].plan
    (model,), _ = trained_groups(quick_config(), plan, data, VIEWS, Runtime("cpu"), tmp_path)
    assert [task.name for task in model.tasks] == [task.name for task in data.tasks]
    assert drawn([[model]], stream(0)) == [model]


def test_every_step_looks_at_one_group_and_all_get_their_turn() -> None:
    data = five_tasks(20)
    models = [MultiTaskModel("tiny", (task,), 1, (12, 12)).eval().requires_grad_(False) for task in FIVE]
    longer = replace(quick_config(), recipe=replace(quick_config().recipe, epochs=8))
    fitting = Fitting(OBJECTIVES["tap"](), longer, 8 / 255, data, Runtime("cpu"), VIEWS)
    seen: list[tuple[str, ...]] = []
    backward = Fitting.backward

    def noted(self: Fitting, wrapped: object, generator: object, surrogates: object, *rest: object) -> object:
        seen.append(tuple(task.name for one in surrogates for task in one.tasks))  # type: ignore[attr-defined]
        return backward(self, wrapped, generator, surrogates, *rest)  # type: ignore[arg-type]

    with patch.object(Fitting, "backward", noted):
        fitting.train(models)
    assert all(len(names) == 1 for names in seen)
    assert len(set(seen)) > 2


def test_the_whole_method_takes_it_and_says_what_it_costs() -> None:
    data = random_dataset(12)
    method = quick_method("tap", surrogate_groups=2)
    method.fit(data, Runtime("cpu"), VIEWS)
    assert method.hyperparameters(data.tasks)["surrogate_groups"] == 2
    plan = OBJECTIVES["tap"].plan
    one, two, many = (
        surrogate_work(replace(quick_config(), surrogate_groups=groups), plan, data.tasks, 100, 3, (12, 12))[0]
        for groups in (1, 2, 50)
    )
    assert (two, many) == (2 * one, 2 * one)
    with pytest.raises(InputError, match="surrogate_groups"):
        MtlUeSettings(surrogate_groups=0)
