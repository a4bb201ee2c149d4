"""Every base method against its definition, written out plainly."""

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from _runtime import cpu_or_chosen
from conftest import quick_method, random_dataset
from mtlue import Categorical, Runtime
from mtlue.bounds import to_float
from mtlue.data import Pipeline
from mtlue.methods.input_gradient import input_gradient
from mtlue.methods.objectives import OBJECTIVES
from mtlue.methods.objectives.base import balance
from mtlue.models import MultiTaskModel

EXPECTED: dict[
    str, tuple[Callable[[Tensor, int], Tensor], int]
] = {  # base method: (its target, written plainly; checkpoints of a clean training)
    "em": (lambda label, count: label, 0),
    "tap": (lambda label, count: (label + count // 2) % count, 1),
    "sep": (lambda label, count: (label + count // 2) % count, 15),
}


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_loss_is_the_balanced_cross_entropy_towards_the_target(name: str) -> None:
    data = random_dataset(6)
    roots = {task.name: math.log(task.channels) ** -0.5 for task in data.tasks}
    weights = {task: root * len(roots) / sum(roots.values()) for task, root in roots.items()}
    surrogates = [MultiTaskModel("tiny", data.tasks, 3, (16, 16)).eval() for _ in range(2)]
    images = to_float(data.images)
    expected = [
        weights[task.name]
        * F.cross_entropy(surrogate(images)[task.name], EXPECTED[name][0](data.labels[task.name], task.channels))
        for surrogate in surrogates
        for task in data.tasks
    ]
    value, _ = input_gradient(OBJECTIVES[name](), surrogates, [(images, dict(data.labels))], Runtime("cpu"))
    torch.testing.assert_close(value, torch.stack(expected).mean())


def test_tasks_of_as_many_classes_weigh_the_same() -> None:
    binary = [Categorical(name, ("no", "yes")) for name in "abc"]
    assert balance(binary) == pytest.approx([1, 1, 1])
    uneven = balance([*binary, Categorical("d", tuple("0123456789"))])
    assert sum(uneven) == pytest.approx(4)
    assert uneven[0] > 1 > uneven[3]


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_plans_ask_for_the_papers_surrogates(name: str) -> None:
    plan = OBJECTIVES[name].plan
    assert len(plan.checkpoints) == EXPECTED[name][1]
    assert plan.joint == (EXPECTED[name][1] == 0)


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_the_record_has_a_curve_for_every_part_of_the_loss(name: str) -> None:
    record = quick_method(name, epochs=2, fit_batch_size=2).fit(random_dataset(24), cpu_or_chosen(), Pipeline())
    for part in ("base loss", "L_intra", "L_inter"):
        assert len(record.curves[f"generator {part}"]) == 2 * 10  # of 12 steps an epoch
    assert set(record.seconds) == {"surrogate", "generator"}
