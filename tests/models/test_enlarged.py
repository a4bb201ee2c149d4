"""What a backbone sees: images enlarged in front of it, or their pixels alone."""

import pytest
import torch
import torch.nn.functional as F

from conftest import mixed_dataset
from mtlue import Categorical, InputError, Runtime
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.plan import EvaluationPlan, check_learner
from mtlue.models import MultiTaskModel
from mtlue.models.backbones import build_backbone
from mtlue.models.cost import learner_flops

TASKS = (Categorical("kind", ("a", "b", "c")), Categorical("tone", ("dark", "light")))


def model_of(backbone: str, size: tuple[int, int], **more: object) -> MultiTaskModel:
    with Runtime("cpu").isolated_randomness("test"):
        return MultiTaskModel(backbone, TASKS, 3, size, **more).eval()  # type: ignore[arg-type]


@pytest.mark.parametrize(("size", "seen"), [((28, 42), (64, 96)), ((64, 80), (64, 80)), ((96, 70), (96, 70))])
@pytest.mark.parametrize("backbone", ["tiny", "vit_narrow"])
def test_small_images_are_resized_in_front_of_the_backbone(
    backbone: str, size: tuple[int, int], seen: tuple[int, int]
) -> None:
    images = torch.rand(2, 3, *size)
    larger, plain = model_of(backbone, size, enlarge=64), model_of(backbone, seen)
    resized = F.interpolate(images, seen, mode="bilinear", align_corners=False)
    with torch.no_grad():
        for name, prediction in larger(images).items():
            torch.testing.assert_close(prediction, plain(resized)[name], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("backbone", "trainable"), [("tiny", "last-stage"), ("resnet10t", "last-stage"), ("tiny", "linear")]
)
def test_what_is_trained_is_found_inside(backbone: str, trainable: str) -> None:
    larger, plain = (model_of(backbone, (32, 32), trainable=trainable, enlarge=side) for side in (40, 0))
    counts = [[parameter.requires_grad for parameter in model.parameters()] for model in (larger, plain)]
    assert counts[0] == counts[1]
    assert not all(counts[0])


def test_labels_per_pixel_and_absurd_sides_are_refused() -> None:
    plan = EvaluationPlan(Learner(enlarge=64))
    with pytest.raises(InputError, match=r"enlarge is for tasks with one label per image.*'region'"):
        list(plan.learners(mixed_dataset().tasks))
    with pytest.raises(InputError, match="enlarge 5000: give 1024 at most"):
        check_learner(Learner(enlarge=5000))


def test_two_layers_are_the_neck_and_the_heads() -> None:
    model = model_of("two_layer", (9, 7))
    shapes = {tuple(parameter.shape) for parameter in model.parameters() if parameter.ndim == 2}
    assert shapes == {(256, 3 * 9 * 7), (3, 256), (2, 256)}
    images = torch.rand(4, 3, 9, 7)
    neck, heads = model.neck[0], list(model.heads.values())  # type: ignore[index]
    hidden = F.elu(((images - 0.5) / 0.25).flatten(1) @ neck.weight.T + neck.bias)  # type: ignore[operator]
    torch.testing.assert_close(model(images)["tone"], heads[1](hidden))
    assert learner_flops("two_layer", TASKS, 3, (9, 7)) > 0


def test_two_layers_have_no_last_stage_and_no_maps() -> None:
    with pytest.raises(InputError, match="does not say which stage is its last"):
        model_of("two_layer", (9, 7), trainable="last-stage")
    with pytest.raises(InputError, match="keeps no maps"):
        MultiTaskModel("two_layer", mixed_dataset().tasks, 3, (16, 16))
    with pytest.raises(InputError, match="no pretrained weights"):
        build_backbone("two_layer", 3, (9, 7), "timm")
