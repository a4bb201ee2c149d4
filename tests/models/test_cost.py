"""What a pass costs, counted."""

import pytest

from mtlue import Categorical
from mtlue.models.cost import learner_flops
from mtlue.tasks import Depth, Segmentation

CLASSES = (Categorical("kind", ("a", "b", "c")), Categorical("tone", ("dark", "light")))


def test_the_cost_of_classes_is_that_of_all_their_outputs() -> None:
    together = Categorical("any", tuple("abcde"))
    cost = learner_flops("tiny", CLASSES, 3, (32, 48))
    assert cost == learner_flops("tiny", (together,), 3, (32, 48))
    # one more output: 256 products and sums forward, twice as many backward
    assert learner_flops("tiny", (*CLASSES, Depth("depth")), 3, (32, 48)) > cost
    wider = (Categorical("any", tuple("abcdef")),)
    assert learner_flops("tiny", wider, 3, (32, 48)) - cost == 3 * 2 * 256


@pytest.mark.parametrize("name", ["tiny", "resnet18"])
def test_every_dense_task_costs_a_head(name: str) -> None:
    maps = (Segmentation("region", ("floor", "wall")), Depth("depth"), Depth("height"))
    one, two, three = (learner_flops(name, (*CLASSES, *maps[:count]), 3, (32, 32)) for count in (1, 2, 3))
    assert learner_flops(name, CLASSES, 3, (32, 32)) < one < two
    assert three - two == pytest.approx(two - one)
