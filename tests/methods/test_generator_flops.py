"""What a generator's pass is estimated to cost, counted without computing it."""

import pytest

from mtlue import Categorical, Regression
from mtlue.generator import GeneratorConfig
from mtlue.generator.config import StructureName
from mtlue.methods.mtl_ue import generator_flops
from mtlue.tasks import Depth, Normals, Segmentation, Task

IMAGE_LEVEL = (Categorical("c", ("x", "y", "z")), Regression("r", 0, 1))
DENSE = (Segmentation("s", ("p", "q", "r")), Depth("d"), Normals("v"))


@pytest.mark.parametrize("structure", ["light", "published"])
@pytest.mark.parametrize("tasks", [IMAGE_LEVEL, DENSE, IMAGE_LEVEL + DENSE], ids=["image", "dense", "both"])
def test_operations_counted_on_shapes_alone_are_those_of_a_pass_that_is_computed(
    structure: StructureName, tasks: tuple[Task, ...]
) -> None:
    shape = (3, 24, 16)
    config = GeneratorConfig(structure=structure).resolved(shape[1:], tasks)
    counted = generator_flops(config, tasks, shape, 8 / 255)
    assert counted == generator_flops(config, tasks, shape, 8 / 255, device="cpu") > 0
