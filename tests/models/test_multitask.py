"""Learners of every mix of tasks: shapes, gradients, whose parameters are whose; without dense tasks the old models."""

import pytest
import torch
from torch import Tensor

from mtlue import ArrayDataset, Categorical, InputError, Regression, Runtime
from mtlue.data import Pipeline
from mtlue.models import MultiTaskModel
from mtlue.models.backbones import BACKBONES, TinyResNet
from mtlue.models.names import SHORT_NAMES, WITHOUT_MAPS
from mtlue.tasks import Depth, Normals, Segmentation, Task
from mtlue.training import Recipe, TrainingStep, predict, train

RUNTIME = Runtime("cpu")
OF_MAPS = [name for name in (*BACKBONES, *SHORT_NAMES) if name not in WITHOUT_MAPS]
NAMES = [*OF_MAPS, "mobilenetv3_small_050", "swin_tiny_patch4_window7_224"]
IMAGE = (Categorical("kind", ("a", "b", "c")), Regression("pitch", 0, 10))
DENSE = (Segmentation("region", ("floor", "wall", "box", "ball")), Depth("depth"), Normals("normal"))
MIX = (DENSE[0], IMAGE[0], DENSE[1], IMAGE[1], DENSE[2])


def learner(name: str, tasks: tuple[Task, ...], channels: int = 3, size: tuple[int, int] = (56, 56)) -> MultiTaskModel:
    with RUNTIME.isolated_randomness("weights"):
        return MultiTaskModel(name, tasks, channels, size)


def scenes(count: int, size: tuple[int, int], channels: int = 3) -> ArrayDataset:
    """Noise images with every kind of label; a corner without one."""
    random = torch.Generator().manual_seed(0)
    normals = torch.nn.functional.normalize(torch.randn(count, 3, *size, generator=random), dim=1)
    labels = {
        "kind": torch.randint(3, (count,), generator=random),
        "pitch": 10 * torch.rand(count, generator=random).double(),
        "region": torch.randint(4, (count, *size), generator=random).to(torch.int16),
        "depth": 1 + 8 * torch.rand(count, *size, generator=random),
        "normal": normals,
    }
    labels["region"][:, :9, :9] = -1
    labels["depth"][:, :9, :9] = 0
    labels["normal"][..., :9, :9] = 0
    images = torch.randint(256, (count, channels, *size), dtype=torch.uint8, generator=random)
    return ArrayDataset(MIX, images, labels, [f"scene {i}" for i in range(count)])


def expected_shape(task: Task, count: int, size: tuple[int, int]) -> tuple[int, ...]:
    return (count, task.channels) if task in IMAGE else (count, task.channels, *size)


@pytest.mark.parametrize(("channels", "size"), [(3, (56, 56)), (1, (57, 43))])
@pytest.mark.parametrize("name", NAMES)
def test_every_backbone_takes_every_mix_of_tasks(name: str, channels: int, size: tuple[int, int]) -> None:
    model = learner(name, MIX, channels, size).eval()
    images = torch.rand(2, channels, *size)
    with torch.no_grad():
        predictions, features = model(images), model.features(images)
    assert list(predictions) == [task.name for task in MIX]
    assert {n: p.shape for n, p in predictions.items()} == {t.name: expected_shape(t, 2, size) for t in MIX}
    assert features.shape == (2, 256)


@pytest.mark.parametrize("name", OF_MAPS)
def test_two_steps_reach_every_parameter(name: str) -> None:
    check_steps(learner(name, MIX, 3, (32, 32)), scenes(4, (32, 32)), "ls")


@pytest.mark.parametrize("weighting", ["uw", "rlw", "aligned-mtl", "fairgrad"])
@pytest.mark.parametrize("tasks", [MIX, DENSE, DENSE[:1]], ids=["mix", "dense", "single"])
def test_every_weighting_reaches_every_parameter(weighting: str, tasks: tuple[Task, ...]) -> None:
    check_steps(learner("tiny", tasks, 3, (37, 32)), scenes(4, (37, 32)), weighting)


def check_steps(model: MultiTaskModel, data: ArrayDataset, weighting: str) -> None:
    step = TrainingStep(model, len(data), Recipe(batch_size=4), RUNTIME, weighting)
    (batch,) = data.batches(4)
    moved = batch.to(RUNTIME.device)
    for _ in range(2):
        loss, _ = step(moved.images / 255, {task.name: moved.labels[task.name] for task in model.tasks})
        assert loss.isfinite()
    without = [name for name, each in model.named_parameters() if each.grad is None or not bool(each.grad.any())]
    assert without == []
    assert all(bool(each.isfinite().all()) for each in model.parameters())


@pytest.mark.parametrize("name", ["tiny", "resnet18", "vit_narrow"])
@pytest.mark.parametrize("tasks", [IMAGE, MIX, DENSE], ids=["image", "mix", "dense"])
def test_every_parameter_belongs_to_all_tasks_or_to_one(name: str, tasks: tuple[Task, ...]) -> None:
    model = learner(name, tasks)
    parts = [list(model.shared_parameters()), *(list(model.task_parameters(task)) for task in tasks)]
    assert all(parts)
    found = [id(parameter) for part in parts for parameter in part]
    assert len(found) == len(set(found))
    assert set(found) == {id(parameter) for parameter in model.parameters()}


@pytest.mark.parametrize("name", ["tiny", "resnet18"])
def test_a_task_changes_no_others_head(name: str) -> None:
    model = learner(name, MIX)
    model(torch.rand(2, 3, 56, 56))["depth"].sum().backward()
    for task in MIX:
        reached = [each.grad is not None and bool(each.grad.any()) for each in model.task_parameters(task)]
        assert any(reached) == (task.name == "depth")


@pytest.mark.parametrize("name", ["tiny", "resnet18"])
def test_maps_follow_the_image(name: str) -> None:
    """A change in one corner of an image moves the prediction there most."""
    model = learner(name, DENSE[:1], 3, (64, 64)).eval()
    images = torch.rand(1, 3, 64, 64)
    changed = images.clone()
    changed[..., :8, 56:] = 1 - changed[..., :8, 56:]
    with torch.no_grad():
        moved = (model(changed)["region"] - model(images)["region"]).abs().sum(1)[0]
    assert moved[:8, 56:].mean() > 2 * moved[32:, :32].mean()


def test_without_tasks_of_images_features_are_the_pooled_maps() -> None:
    model = learner("tiny", DENSE).eval()
    images = torch.rand(2, 3, 57, 43)
    encoder = model.backbone.encoder
    assert isinstance(encoder, TinyResNet)
    deepest = encoder.maps((images - model.mean) / model.std)[-1]
    torch.testing.assert_close(model.features(images), deepest.mean((2, 3)))


def test_a_learner_of_maps_learns_and_the_same_seed_learns_the_same() -> None:
    data, outputs = halves(), []
    for _ in range(2):
        model = learner("tiny", data.tasks, 3, (28, 28))
        pipeline = Pipeline((32, 32), (28, 28), True)
        recipe = Recipe(epochs=10, learning_rate=1e-2, batch_size=8, schedule="onecycle")
        history = train(model, data, pipeline, recipe, RUNTIME, "learner")
        outputs.append(torch.cat([batch["side"] for batch, _ in predict(model, data, pipeline, RUNTIME)]))
    assert history[-1].error["side"] < 0.1
    assert torch.equal(*outputs)


def halves() -> ArrayDataset:
    """Images that are bright where their label is 1: on one side of a slanted line, with noise."""
    random = torch.Generator().manual_seed(0)
    rows, columns = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    slopes, offsets = torch.randn(32, generator=random), 16 + 6 * torch.randn(32, generator=random)
    sides = rows - 16 > slopes[:, None, None] * (columns - offsets[:, None, None])
    images = 80 + 90 * sides[:, None] + 30 * torch.randn(32, 3, 32, 32, generator=random)
    tasks = (Segmentation("side", ("dark", "bright")),)
    labels: dict[str, Tensor] = {"side": sides.to(torch.int16)}
    return ArrayDataset(tasks, images.clamp(0, 255).to(torch.uint8), labels, [f"half {i}" for i in range(32)])


@pytest.mark.parametrize(
    ("name", "entries", "kind", "pitch", "weights"),
    [
        ("tiny", 78, [-0.0234142, -0.0073192, -0.0376567], -0.0411997, 737.26284),
        ("vit_narrow", 84, [-0.1685840, -0.7657560, -0.0200954], 0.2549254, 1204.12687),
        ("resnet18", 126, [0.0218487, 0.0021174, -0.0240418], 0.0152414, 2783.17732),
    ],
)
def test_models_without_dense_tasks_are_those_of_old(
    name: str, entries: int, kind: list[float], pitch: float, weights: float
) -> None:
    """Numbers of commit a60d147, which had no dense tasks."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = MultiTaskModel(name, IMAGE, 3, (32, 48)).eval()
    assert len(model.state_dict()) == entries
    names = [name for name in model.state_dict() if not name.startswith("backbone")]
    parts = ["neck.0", "heads.0", "heads.1"]
    assert names == [f"{part}.{each}" for part in parts for each in ("weight", "bias")]
    assert sum(float(each.detach().double().sum()) for each in model.parameters()) == pytest.approx(weights, rel=1e-6)
    with torch.no_grad():
        predictions = model(torch.linspace(0, 1, 3 * 32 * 48).reshape(1, 3, 32, 48))
    assert predictions["kind"][0].tolist() == pytest.approx(kind, abs=1e-4)
    assert predictions["pitch"][0].tolist() == pytest.approx([pitch], abs=1e-4)


def test_backbones_without_maps_or_weights_are_refused() -> None:
    with pytest.raises(InputError, match=r"unknown backbone 'resnet5'.*near ones"):
        learner("resnet5", DENSE)
    with pytest.raises(InputError, match="'tiny' has no pretrained weights"):
        MultiTaskModel("tiny", DENSE, 3, (56, 56), init="timm")
    with pytest.raises(InputError, match=r"'inception_v3' gives no maps.*use tiny, resnet18.*leave out a border"):
        learner("inception_v3", DENSE)


def test_networks_that_keep_no_maps_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def create_model(name: str, **options: object) -> None:
        raise RuntimeError("features_only not implemented for this network")

    monkeypatch.setattr("timm.create_model", create_model)
    with pytest.raises(InputError, match=r"'resnet18' cannot be built here.*not implemented.*use tiny"):
        learner("resnet18", DENSE)


def test_heads_in_one_product_give_what_each_head_gives() -> None:
    model = MultiTaskModel("tiny", IMAGE, 3, (16, 16))
    features = torch.randn(5, 256)
    together = model._of_images(features)
    assert list(together) == [task.name for task in IMAGE]
    for task in IMAGE:
        torch.testing.assert_close(together[task.name], model._head(task)(features))


@pytest.mark.parametrize("size", [(16, 16), (19, 14)])
def test_the_tiny_backbone_gives_in_its_memory_format_what_it_gives_in_the_plain_one(size: tuple[int, int]) -> None:
    backbone = MultiTaskModel("tiny", IMAGE, 3, size).backbone
    assert isinstance(backbone, TinyResNet)
    images = torch.rand(4, 3, *size)
    expected = backbone.blocks(backbone.stem(images)).mean(dim=(2, 3))
    gradients = torch.autograd.grad(expected.square().sum(), list(backbone.parameters()))
    found = backbone(images)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    for ours, plain in zip(
        torch.autograd.grad(found.square().sum(), list(backbone.parameters())), gradients, strict=True
    ):
        torch.testing.assert_close(ours, plain, rtol=1e-3, atol=1e-4 * float(plain.abs().max()))
