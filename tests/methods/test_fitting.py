"""The generator's training: surrogates first, then the generator against them."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from _runtime import cpu_or_chosen
from conftest import quick_config, random_dataset, weights_of
from mtlue import InputError, Runtime
from mtlue.data import Batch, Pipeline
from mtlue.generator import Generator
from mtlue.methods.fitting import Fitting
from mtlue.methods.objectives import OBJECTIVES
from mtlue.models import MultiTaskModel
from mtlue.training.parts import BatchPart

EPSILON = 8 / 255
CONFIG = quick_config()
VIEWS = Pipeline((16, 16), (12, 12), True)


def test_a_surrogate_that_learns_beside_the_generator_is_evaluated_once_it_has_learned() -> None:
    """Untrained, in the first epoch, it normalises by the batch; afterwards its statistics are its own."""
    data = random_dataset()
    modes: list[bool] = []

    class Watching(Fitting):
        def backward(
            self,
            wrapped: nn.Module,
            generator: Generator,
            surrogates: Sequence[MultiTaskModel],
            batch: Batch,
            part: BatchPart | None = None,
        ) -> dict[str, Tensor]:
            modes.extend(model.training for model in surrogates)
            return super().backward(wrapped, generator, surrogates, batch, part)

    config = replace(CONFIG, recipe=replace(CONFIG.recipe, epochs=2), stop_error=None)
    Watching(OBJECTIVES["em"](), config, EPSILON, data, cpu_or_chosen(), VIEWS).run()
    assert modes == [True, True, False, False]


def test_the_generators_gradients_are_clipped_where_its_recipe_says_so() -> None:
    data, steps = random_dataset(), []
    surrogate = MultiTaskModel("tiny", data.tasks, 3, (12, 12)).eval()
    for norm in (None, 1e-9):
        config = replace(CONFIG, recipe=replace(CONFIG.recipe, clip_norm=norm, weight_decay=0.0))
        run = Fitting(OBJECTIVES["tap"](), config, EPSILON, data, Runtime("cpu"), VIEWS)
        with run.runtime.isolated_randomness("generator"):
            start = Generator(config.generator.resolved((16, 16), data.tasks), data.tasks, 3)
        now = run.train([surrogate])
        before, after = (weights_of(each) for each in (start, now))
        steps.append(float((after - before).norm()))
    assert steps[1] < 0.3 * steps[0]


def test_parts_of_a_batch_give_the_gradients_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes played one after the other, with other numbers of labels; theirs are averaged."""
    data, gradients = random_dataset(missing=True), []
    surrogate = MultiTaskModel("tiny", data.tasks, 3, (12, 12)).eval().requires_grad_(False)
    batch = data.batch(torch.arange(len(data))).to(torch.device("cpu"))
    present = torch.stack([(batch.labels[task.name] >= 0).sum() for task in data.tasks])
    monkeypatch.setattr(Runtime, "total", lambda runtime, values: values if values.is_floating_point() else present)
    for rank, world_size in ((0, 1), (0, 2), (1, 2)):
        monkeypatch.setattr(Runtime, "world_size", world_size)
        fitting = Fitting(OBJECTIVES["tap"](), CONFIG, EPSILON, data, Runtime("cpu"), VIEWS)
        with fitting.runtime.isolated_randomness("generator"):
            generator = Generator(CONFIG.generator.resolved((16, 16), data.tasks), data.tasks, 3).eval()
        part = BatchPart.of(len(batch), rank, world_size)
        fitting.backward(generator, generator, [surrogate], part.take(batch, data.tasks), part)
        gradients.append(torch.cat([p.grad.flatten() for p in generator.parameters() if p.grad is not None]))
    whole, *parts = gradients
    torch.testing.assert_close(torch.stack(parts).mean(0), whole, rtol=1e-3, atol=1e-6)


def test_a_training_that_diverges_says_what_to_change() -> None:
    config = replace(CONFIG, lambda_inter=float("inf"))
    with pytest.raises(InputError, match=r"training diverged: its [a-zA-Z_ ]+ is (nan|inf); give .*smaller"):
        Fitting(OBJECTIVES["tap"](), config, EPSILON, random_dataset(), cpu_or_chosen(), VIEWS).run()
