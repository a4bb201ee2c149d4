"""A frozen trunk stays as it starts, its batch statistics too; what is trained moves."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from conftest import random_dataset
from mtlue import Categorical, InputError, Runtime, Segmentation
from mtlue.data import Pipeline
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.models import MultiTaskModel
from mtlue.models.cost import learner_cost
from mtlue.models.names import TRAINABLE
from mtlue.models.placing import placed
from mtlue.models.trainable import last_stage, stages_of
from mtlue.training import Recipe, train

DENSE = (Segmentation("region", ("floor", "wall")),)
IMAGE = (Categorical("kind", ("a", "b", "c")), Categorical("tone", ("dark", "light")))
RECIPE = Recipe(epochs=2, batch_size=8)


def build(name: str, tasks: Any, trainable: str) -> MultiTaskModel:
    with Runtime("cpu").isolated_randomness("test"):
        return MultiTaskModel(name, tasks, 3, (32, 32), trainable=trainable)


def changed(model: MultiTaskModel, weighting: str = "ls") -> set[str]:
    """Names of the parameters and statistics that a training changes."""
    before = {name: value.clone() for name, value in model.state_dict().items()}
    data = random_dataset(16)
    train(model, data, Pipeline((16, 16)), RECIPE, Runtime("cpu"), "test", weighting=weighting)
    return {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}


@pytest.mark.parametrize("weighting", ["ls", "uw", "aligned-mtl"])
def test_of_a_head_the_trunk_stays_whole(weighting: str) -> None:
    data = random_dataset(16)
    with Runtime("cpu").isolated_randomness("test"):
        model = MultiTaskModel("tiny", data.tasks, 3, (16, 16), trainable="head")
    moved = changed(model, weighting)
    assert {name.partition(".")[0] for name in moved} == {"neck", "heads"}


@pytest.mark.parametrize("weighting", ["ls", "uw", "aligned-mtl", "fairgrad"])
@pytest.mark.parametrize("name", ["tiny", "resnet10t"])
def test_a_linear_probe_trains_one_linear_layer_per_task_on_the_frozen_features(name: str, weighting: str) -> None:
    data = random_dataset(16)
    with Runtime("cpu").isolated_randomness("test"):
        model = placed(MultiTaskModel(name, data.tasks, 3, (16, 16), trainable="linear"), torch.device("cpu"))
    images = data.images[:].float() / 255
    pooled = model.eval().features(images)
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    assert trained == {f"heads.{i}.{part}" for i in range(len(data.tasks)) for part in ("weight", "bias")}
    assert changed(model, weighting) == trained
    assert torch.equal(model.eval().features(images), pooled)
    for task, output in model(images).items():
        head = model.heads[str([each.name for each in data.tasks].index(task))]
        assert isinstance(head, torch.nn.Linear)
        torch.testing.assert_close(output, pooled @ head.weight.T + head.bias)


def test_a_linear_probe_of_labels_per_pixel_is_refused_before_anything_is_built() -> None:
    with pytest.raises(InputError, match="trainable linear is for tasks with one label per image, and task 'region'"):
        MultiTaskModel("no such backbone", (*IMAGE, *DENSE), 3, (32, 32), trainable="linear")
    plan = EvaluationPlan(Learner(trainable="linear"), seeds=(0,))
    assert [learner.trainable for learner in plan.learners(IMAGE)] == ["linear"] * 3
    with pytest.raises(InputError, match="labels per pixel: choose head"):
        list(plan.learners((*IMAGE, *DENSE)))


def test_of_a_last_stage_what_comes_before_stays() -> None:
    data = random_dataset(16)
    with Runtime("cpu").isolated_randomness("test"):
        model = MultiTaskModel("tiny", data.tasks, 3, (16, 16), trainable="last-stage")
    trunk = {name.removeprefix("backbone.") for name in changed(model) if name.startswith("backbone.")}
    assert trunk
    assert all(name.startswith("blocks.3.") for name in trunk)
    assert any("running_mean" in name for name in trunk)


BUILT = [
    *((name, IMAGE, trainable) for name in ("tiny", "resnet10t", "vit_narrow") for trainable in TRAINABLE),
    *((name, DENSE, trainable) for name in ("tiny", "resnet10t") for trainable in TRAINABLE if trainable != "linear"),
]
"""A linear probe of labels per pixel is refused; resnet10t's maps stand for those of all of timm."""


@pytest.mark.parametrize(("name", "tasks", "trainable"), BUILT)
def test_modules_train_where_their_parameters_do(name: str, tasks: Any, trainable: str) -> None:
    model = build(name, tasks, trainable)
    model.train()
    for module in model.modules():
        own = list(module.parameters(recurse=False))
        if own:
            assert module.training == all(parameter.requires_grad for parameter in own)
    assert not any(module.training for module in model.eval().modules())


@pytest.mark.parametrize(("name", "prefix"), [("resnet18", "layer4"), ("vit_narrow", "blocks.5"), ("tiny", "blocks.3")])
def test_the_last_stage_is_the_one_that_it_should_be(name: str, prefix: str) -> None:
    trunk = build(name, IMAGE, "all").backbone
    names = last_stage(trunk, name)
    assert {each for each in names if each.startswith(prefix)} == {
        each for each, _ in trunk.named_parameters() if each.startswith(prefix)
    }
    assert all(each.startswith((prefix, "norm", "fc_norm")) for each in names)


def test_maps_of_a_network_have_the_same_last_stage() -> None:
    pyramid = build("resnet10t", DENSE, "last-stage").backbone
    trained = {name for name, parameter in pyramid.named_parameters() if parameter.requires_grad}
    assert trained == {name for name, _ in pyramid.named_parameters() if ".layer4." in f".{name}"}


def test_a_network_without_stages_is_refused() -> None:
    with pytest.raises(InputError, match="does not say which stage is its last"):
        last_stage(nn.Linear(2, 2), "resnet18")


def test_what_is_frozen_costs_no_backward_pass() -> None:
    whole, last, head = (learner_cost("resnet10t", IMAGE, 3, (32, 32), trainable) for trainable in _SHRINKING)
    assert whole.forward == last.forward == head.forward
    assert whole.training > last.training > head.training > head.forward
    assert whole.training == pytest.approx(3 * whole.forward, rel=0.1)
    assert head.training < 1.1 * head.forward
    linear = learner_cost("resnet10t", IMAGE, 3, (32, 32), "linear")
    assert linear.forward < head.forward
    assert linear.forward < linear.training < head.training


_SHRINKING = ("all", "last-stage", "head")


def test_frozen_features_do_not_move(tmp_path: object) -> None:
    data = random_dataset(16)
    with Runtime("cpu").isolated_randomness("test"):
        model = placed(MultiTaskModel("tiny", data.tasks, 3, (16, 16), trainable="head"), torch.device("cpu"))
    images = data.images[:].float() / 255

    def pooled() -> Tensor:
        with torch.no_grad():
            features: Tensor = model.eval().backbone(images)
            return features

    before = pooled()
    changed(model)
    assert torch.equal(pooled(), before)


@pytest.mark.parametrize(
    ("name", "tasks", "count"),
    [("tiny", IMAGE, 4), ("tiny", DENSE, 4), ("resnet10t", IMAGE, 5), ("vit_narrow", IMAGE, 7)],
)
def test_stages_hold_every_parameter_of_the_trunk_once_the_shallowest_first(name: str, tasks: Any, count: int) -> None:
    model = build(name, tasks, "all")
    stages = model.stages()
    trunk: Any = model.backbone
    own = {id(each): number for number, each in enumerate((trunk.encoder if tasks == DENSE else trunk).parameters())}
    assert [own[id(parameter)] for stage in stages for parameter in stage] == list(range(len(own)))
    assert len(stages) == count
    assert all(stages)


def test_a_backbone_without_known_stages_is_refused() -> None:
    with pytest.raises(InputError, match="does not say what its stages are"):
        stages_of(nn.Linear(2, 2), "resnet10t")  # none of its parameters are there
