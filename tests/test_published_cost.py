"""The yardstick of benchmarks/ does what it says: the published generator, once for each checkpoint."""

import runpy
from pathlib import Path

import pytest
import torch

from conftest import random_dataset
from mtlue import Runtime
from mtlue.bounds import to_float
from mtlue.data import Pipeline
from mtlue.generator import Generator, GeneratorConfig
from mtlue.models import MultiTaskModel

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
YARDSTICK = runpy.run_path(str(BENCHMARKS / "published_cost.py"))
EPSILON = 8 / 255


@pytest.mark.parametrize("size", [(16, 16), (17, 19)])
def test_it_is_the_published_structure(size: tuple[int, int]) -> None:
    data = random_dataset(size=size)
    ours = Generator(GeneratorConfig("published").resolved(size), data.tasks, 3)
    plain = YARDSTICK["PublishedGenerator"](data.tasks, 3, size)
    assert ours.encoder is not None
    plain.encoder.load_state_dict(ours.encoder.state_dict())
    plain.layers.load_state_dict(ours.decoder.layers.state_dict())
    for table, maps in zip(plain.tables, torch.split(ours.embeddings.table.detach(), [3, 2]), strict=True):
        table.data = maps
    images = to_float(data.images)
    torch.testing.assert_close(plain(images, data.labels, EPSILON), ours(images, data.labels, EPSILON))


@pytest.mark.parametrize(("method", "count"), [("em", 1), ("tap", 1), ("sep", 3)])
def test_an_epoch_runs_the_generator_once_for_each_checkpoint_and_batch(method: str, count: int) -> None:
    data = random_dataset()
    surrogates = [MultiTaskModel("tiny", data.tasks, 3, (12, 12)) for _ in range(count)]
    head = surrogates[0].heads["0"].get_parameter("weight")
    procedure = YARDSTICK["PublishedProcedure"](
        method, data, surrogates, Pipeline((16, 16), (12, 12), True), 6, EPSILON, Runtime("cpu")
    )
    passes = []
    procedure.generator.register_forward_hook(lambda *_: passes.append(1))
    weights, learned = [p.clone() for p in procedure.generator.parameters()], head.clone()
    procedure.epoch()
    assert len(passes) == 2 * count
    assert not any(torch.equal(*pair) for pair in zip(weights, procedure.generator.parameters(), strict=True))
    assert torch.equal(head, learned)
    assert 0 <= procedure.count_errors() <= 1
    assert len(passes) == 2 * count + 2
    procedure.surrogate_step()
    assert not torch.equal(head, learned)
