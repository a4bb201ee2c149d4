"""Rare classes: their weights, and logits that prefer no class for being common."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor

from conftest import TensorDataset, mixed_dataset, quick_method
from mtlue import Categorical, Runtime
from mtlue.data import ArrayDataset, Batch, to_arrays
from mtlue.methods.class_balance import HEAVIEST, ClassBalance
from mtlue.methods.config import Preset
from mtlue.methods.objectives.tap import TargetedAdversarial
from mtlue.methods.settings import MtlUeSettings
from mtlue.models import MultiTaskModel
from mtlue.tasks import task_losses

TASKS = (Categorical("hat", ("no", "yes")), Categorical("hair", ("fair", "brown", "black")))


def rare_dataset(hats: int = 12, hairs: int = 95, count: int = 96) -> ArrayDataset:
    """Noise images, a few of them with a hat; the colour of the last one's hair is not known."""
    generator = torch.Generator().manual_seed(1)
    hat, hair = torch.zeros(count, dtype=torch.int64), torch.randint(3, (count,), generator=generator)
    hat[:hats], hair[hairs:] = 1, -1
    images = torch.randint(256, (count, 3, 16, 16), dtype=torch.uint8, generator=generator)
    return to_arrays(TensorDataset(TASKS, images, {"hat": hat, "hair": hair}, [f"image {i}" for i in range(count)]))


def whole(data: ArrayDataset) -> Batch:
    """All images of a dataset and their labels."""
    return data.batch(torch.arange(len(data)))


def test_weights_are_scikit_learns_balanced_ones() -> None:
    data = rare_dataset()
    batch = whole(data)
    weights = ClassBalance.of(data).weights(batch.labels)
    for task in TASKS:
        labels = batch.labels[task.name].numpy()
        present = labels >= 0
        expected = compute_class_weight("balanced", classes=np.unique(labels[present]), y=labels[present])
        assert np.allclose(weights[task.name].numpy()[present], expected[labels[present]])


def test_the_weight_of_a_handful_of_images_has_a_limit() -> None:
    data = rare_dataset(hats=1)
    assert float(ClassBalance.of(data).weights(whole(data).labels)["hat"].max()) == HEAVIEST


def test_a_class_without_images_and_a_task_without_labels_are_no_fault() -> None:
    data = rare_dataset(hats=0, hairs=0)
    balance = ClassBalance.of(data)
    assert all(bool((shares > 0).all()) for shares in balance.shares.values())
    assert all(bool(weights.isfinite().all()) for weights in balance.weights(whole(data).labels).values())


def test_other_kinds_of_task_are_left_alone() -> None:
    assert set(ClassBalance.of(to_arrays(mixed_dataset())).shares) == {"kind"}


def test_logits_are_adjusted_in_training_alone() -> None:
    data = rare_dataset()
    model, images = MultiTaskModel("two_layer", TASKS, 3, (16, 16)), whole(data).images[:4].float() / 255
    plain = model.train()(images)
    with ClassBalance.of(data).adjusting(model):
        adjusted, tested = model(images), model.eval()(images)
    assert torch.allclose(adjusted["hat"] - plain["hat"], torch.tensor([84 / 96, 12 / 96]).log(), atol=1e-5)
    assert all(torch.equal(tested[task.name], model(images)[task.name]) for task in TASKS)


def fitted_logits(balance: ClassBalance, data: ArrayDataset) -> Tensor:
    """Mean logits of a task whose labels the images do not show, after a model was trained on them."""
    model = MultiTaskModel("two_layer", TASKS, 3, (16, 16))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    flat, labels = torch.zeros(len(data), 3, 16, 16), whole(data).labels
    with balance.adjusting(model.train()):
        for _ in range(60):
            optimizer.zero_grad()
            task_losses(TASKS, model(flat), labels).sum().backward()
            optimizer.step()
    logits: Tensor = model.eval()(flat[:2])["hat"].detach().mean(0)
    return logits.softmax(0)


def test_what_was_learned_so_prefers_no_class_for_being_common() -> None:
    data = rare_dataset()
    assert fitted_logits(ClassBalance.of(data), data)[1] == pytest.approx(0.5, abs=0.05)
    assert fitted_logits(ClassBalance(), data)[1] == pytest.approx(12 / 96, abs=0.05)


def test_an_objective_weighs_each_image_by_its_true_class() -> None:
    data = rare_dataset()
    balance = ClassBalance.of(data)
    objective = TargetedAdversarial(balanced=False, classes=balance)
    surrogate, batch = MultiTaskModel("two_layer", TASKS, 3, (16, 16)).eval(), whole(data)
    images, weights = batch.images.float() / 255, balance.weights(batch.labels)
    expected = []
    for task in TASKS:
        labels, predicted = batch.labels[task.name], surrogate(images)[task.name]
        present = labels >= 0
        target = (labels + len(task.classes) // 2) % len(task.classes)
        values = F.cross_entropy(predicted[present], target[present], reduction="none")
        expected.append((values * weights[task.name][present]).mean())
    loss = objective.loss(surrogate, images, objective.targets(TASKS, batch.labels), weights=weights)
    assert torch.allclose(loss, torch.stack(expected).mean())


@pytest.mark.parametrize(
    ("preset", "chosen", "expected"),
    [
        ("fast", None, False),
        ("strong", None, True),
        ("paper", None, False),
        ("fast", True, True),
        ("strong", False, False),
    ],
)
def test_which_presets_balance_classes(preset: Preset, chosen: bool | None, expected: bool) -> None:
    settings = MtlUeSettings(preset=preset, balance_classes=chosen)
    assert settings.resolved(TargetedAdversarial.plan).balance_classes is expected


def test_a_fit_differs_by_it() -> None:
    data = rare_dataset()
    protected = []
    for balanced in (True, False):
        method = quick_method("tap", balance_classes=balanced)
        method.fit(data, Runtime("cpu", seed=0))
        protected.append(method.protect(whole(data)))
    assert not torch.equal(*protected)
