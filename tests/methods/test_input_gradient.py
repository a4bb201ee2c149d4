"""The generator's gradients, taken by way of the views, against one loss over all surrogates and one backward pass."""

from dataclasses import replace
from typing import Literal

import pytest
import torch
from torch import Tensor

from conftest import MIXED, mixed_dataset, quick_config, random_dataset
from mtlue import Categorical, Runtime
from mtlue.bounds import to_float
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.generator import Generator, inter_task, intra_task
from mtlue.methods.fitting import Fitting
from mtlue.methods.input_gradient import input_gradient
from mtlue.methods.objectives import OBJECTIVES
from mtlue.methods.objectives.base import balance
from mtlue.models import MultiTaskModel
from mtlue.tasks import Task

StructureName = Literal["light", "published"]
EPSILON = 8 / 255
CONFIG = replace(quick_config(), lambda_intra=1e-4, lambda_inter=2e-4)
"""Small weights, so that the regularisers do not hide the base loss in the embeddings' gradients."""
ODD = random_dataset(channels=1, size=(19, 14), missing=True)
FORTY = tuple(Categorical(f"attribute {number}", ("no", "yes")) for number in range(40))
DATASETS = {
    "image-level": random_dataset(),
    "missing": random_dataset(missing=True),
    "one task, grey, odd sides": ODD.restricted_to(ODD.tasks[:1]),
    "forty tasks": replace(
        random_dataset(), tasks=FORTY, labels={task.name: torch.arange(12) % 3 - 1 for task in FORTY}
    ),
    "mixed": mixed_dataset(),
    "dense": mixed_dataset(MIXED[2:]),
    "mixed, odd sides": mixed_dataset(size=(17, 22)),
}


def views_of(data: ArrayDataset) -> Pipeline:
    """Crops and flips of a dataset's images."""
    height, width = data.images.shape[2:]
    return Pipeline((height, width), (height - 4, width - 4), True, channels=data.images.shape[1])


def fitting(data: ArrayDataset, name: str) -> Fitting:
    return Fitting(OBJECTIVES[name](), CONFIG, EPSILON, data, Runtime("cpu"), views_of(data))


def twins(data: ArrayDataset, count: int, structure: StructureName = "light") -> tuple[Generator, list[MultiTaskModel]]:
    """The same generator and surrogates every time; some surrogates learn, as EM's does."""
    _, channels, height, width = data.images.shape
    config = replace(CONFIG.generator, structure=structure).resolved((height, width), data.tasks)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = Generator(config, data.tasks, channels)
        view = (height - 4, width - 4)
        surrogates = [MultiTaskModel("tiny", data.tasks, channels, view).eval() for _ in range(count)]
    return generator, [model.requires_grad_(i == 0) for i, model in enumerate(surrogates)]


def plain_loss(name: str, generator: Generator, surrogates: list[MultiTaskModel], data: ArrayDataset) -> Tensor:
    """L as it is defined, in one graph."""
    batch = whole(data)
    images = to_float(batch.images)
    view = views_of(data).draw(images, Runtime("cpu").generator("generator", "views"))
    seen = view.cut((images + generator(images, batch.labels, EPSILON)).clamp(0, 1))
    labels = view.labels(data.tasks, batch.labels)

    def term(model: MultiTaskModel, task: Task, weight: float) -> Tensor:
        target = labels[task.name] if name == "em" else task.wrong_target(labels[task.name])
        return weight * task.loss(model(seen)[task.name], target)

    pairs = list(zip(data.tasks, balance(data.tasks), strict=True))
    base = torch.stack([term(model, task, weight) for model in surrogates for task, weight in pairs]).mean()
    by_task = generator.embeddings.by_task()
    return base + CONFIG.lambda_intra * intra_task(by_task) + CONFIG.lambda_inter * inter_task(by_task)


def whole(data: ArrayDataset) -> Batch:
    return data.batch(torch.arange(len(data))).to(torch.device("cpu"))


@pytest.mark.parametrize("structure", ["light", "published"])
@pytest.mark.parametrize(("name", "count"), [("em", 1), ("tap", 1), ("sep", 4)])
@pytest.mark.parametrize("kind", list(DATASETS))
def test_the_generators_gradients_are_those_of_one_loss(
    kind: str, name: str, count: int, structure: StructureName
) -> None:
    data = DATASETS[kind]
    generator, surrogates = twins(data, count, structure)
    losses = fitting(data, name).backward(generator, generator, surrogates, whole(data))
    assert all(parameter.grad is None for model in surrogates for parameter in model.parameters())
    twin, surrogates = twins(data, count, structure)
    total = plain_loss(name, twin, surrogates, data)
    total.backward()
    torch.testing.assert_close(losses["total"], total.detach())
    pairs = [
        (ours.grad, expected.grad) for ours, expected in zip(generator.parameters(), twin.parameters(), strict=True)
    ]
    assert any(expected is not None for _, expected in pairs)
    for ours, expected in pairs:
        rounding = (
            0.0 if expected is None else 1e-4 * float(expected.abs().max()) + 1e-9
        )  # 1e-9: biases that are normed away
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=rounding)


def test_a_batch_without_any_label_moves_nothing_but_the_embeddings() -> None:
    data = random_dataset()
    data = replace(data, labels={task.name: torch.full_like(data.labels[task.name], -1) for task in data.tasks})
    generator, surrogates = twins(data, 2)
    fitting(data, "sep").backward(generator, generator, surrogates, whole(data))
    moved = {name for name, each in generator.named_parameters() if each.grad is not None and each.grad.any()}
    assert "embeddings.table" in moved
    assert not any(name.startswith("decoder.") for name in moved)


@pytest.mark.parametrize(("name", "count"), [("tap", 1), ("sep", 4)])
@pytest.mark.parametrize("kind", list(DATASETS))
def test_gradients_in_bf16_are_those_in_float32_within_a_fifth(kind: str, name: str, count: int) -> None:
    """In norm: an untrained network of ten layers passes on what 8 bits round off. 16-mixed stays float32 here."""
    data, objective = DATASETS[kind], OBJECTIVES[name]()
    _, surrogates = twins(data, count)
    batch = whole(data)
    view = views_of(data).draw(batch.images, Runtime("cpu").generator("generator", "views"))
    views, labels = view.cut(to_float(batch.images)), view.labels(data.tasks, batch.labels)
    value, (gradient,) = input_gradient(objective, surrogates, [(views, labels)], Runtime("cpu"))
    quick_value, (quick,) = input_gradient(objective, surrogates, [(views, labels)], Runtime("cpu", "bf16-mixed"))
    assert quick.dtype == quick_value.dtype == torch.float32
    assert not torch.equal(quick, gradient)
    assert float((quick - gradient).norm() / gradient.norm()) < 0.2
    torch.testing.assert_close(quick_value, value, rtol=0.02, atol=0)


@pytest.mark.parametrize("kind", list(DATASETS))
def test_perturbations_in_bf16_are_those_in_float32_within_a_tenth(kind: str) -> None:
    data = DATASETS[kind]
    generator, _ = twins(data, 1)
    batch, runtime = whole(data), Runtime("cpu", "bf16-mixed")
    wrapped, _ = runtime.setup(generator, torch.optim.SGD(generator.parameters()))
    images = to_float(batch.images)
    quick, exact = (each(images, batch.labels, EPSILON).detach() for each in (wrapped, generator))
    assert quick.dtype == torch.float32
    assert not torch.equal(quick, exact)
    assert float((quick - exact).norm() / exact.norm()) < 0.1
