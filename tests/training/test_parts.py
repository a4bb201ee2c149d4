"""Several processes share each batch, and find what one finds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from shared_training import everything
from torch import Tensor

from conftest import random_dataset
from mtlue import Runtime
from mtlue.bounds import to_float
from mtlue.data import Pipeline
from mtlue.tasks import task_losses
from mtlue.training.parts import BatchPart, own_batches, shuffled_parts, whole_losses

PROGRAM = Path(__file__).with_name("shared_training.py")


@given(st.integers(1, 300), st.integers(1, 64))
def test_every_row_belongs_to_one_process_and_every_process_has_some(size: int, world_size: int) -> None:
    parts = [BatchPart.of(size, rank, world_size) for rank in range(world_size)]
    assert all(len(range(size)[part.rows]) >= 1 for part in parts)
    owned = [row for part in parts if part.counts for row in range(size)[part.rows]]
    assert owned == list(range(size))
    sizes = [len(range(size)[part.rows]) for part in parts]
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("world_size", [2, 3, 15])
def test_each_process_sees_its_rows_of_the_views_of_the_whole_batch(world_size: int) -> None:
    data, pipeline = random_dataset(12), Pipeline((16, 16), (12, 12), True)
    batch = data.batch(torch.arange(12)).to(torch.device("cpu"))
    whole = pipeline.draw(batch.images, torch.Generator().manual_seed(0)).cut(batch.images)
    for rank in range(world_size):
        part = BatchPart.of(12, rank, world_size)
        own = part.take(batch, data.tasks)
        view = part.draw(pipeline, own.images, torch.Generator().manual_seed(0))
        assert torch.equal(view.cut(own.images), whole[part.rows])
        assert all(bool((label == -1).all()) == (not part.counts) for label in own.labels.values())


def test_one_process_has_the_batches_themselves_and_their_losses() -> None:
    data, runtime = random_dataset(12), Runtime("cpu")
    batches = list(data.shuffled_batches(5, torch.Generator().manual_seed(0)))
    for batch, (own, part) in zip(
        batches, shuffled_parts(data, 5, torch.Generator().manual_seed(0), runtime), strict=True
    ):
        assert own.ids == batch.ids
        assert torch.equal(own.images, batch.images)
        assert part == BatchPart.whole(len(batch))
    losses = torch.rand(2)
    assert whole_losses(data.tasks, losses, data.labels, runtime) is losses


@pytest.mark.parametrize(("count", "world_size"), [(12, 1), (12, 5), (2, 3)])
def test_every_sample_is_tested_by_one_process(count: int, world_size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data, tested = random_dataset(count), []
    monkeypatch.setattr(Runtime, "world_size", world_size)
    for rank in range(world_size):
        monkeypatch.setattr(Runtime, "rank", rank)
        batches = list(own_batches(data, 2, Runtime("cpu")))
        assert batches
        tested += [i for batch in batches for i, one in zip(batch.ids, batch.labels["shape"], strict=True) if one >= 0]
    assert tested == data.ids


def test_losses_of_parts_make_those_of_the_whole_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three processes played one after another: each has other numbers of labels."""
    data, world_size = random_dataset(7, missing=True), 3
    labels = {name: label.long() for name, label in data.labels.items()}
    weight = torch.rand(3 * 16 * 16, 5, requires_grad=True)

    def losses(rows: slice) -> torch.Tensor:
        logits = to_float(data.images[rows]).flatten(1) @ weight
        return task_losses(
            data.tasks,
            {"shape": logits[:, :3], "tone": logits[:, 3:]},
            {name: label[rows] for name, label in labels.items()},
        )

    parts = [BatchPart.of(7, rank, world_size) for rank in range(world_size)]
    counts = [torch.stack([(labels[task.name][part.rows] >= 0).sum() for task in data.tasks]) for part in parts]
    present = torch.stack(counts).sum(0)
    shared = torch.stack([losses(part.rows).detach() * count for part, count in zip(parts, counts, strict=True)]).sum(0)
    monkeypatch.setattr(Runtime, "world_size", world_size)
    totals = {torch.int64: present, torch.float32: world_size * shared / present}
    monkeypatch.setattr(Runtime, "total", lambda runtime, values: totals[values.dtype])
    expected = losses(slice(0, 7))
    (slope,) = torch.autograd.grad(expected.mean(), weight)
    gradients: list[Tensor] = []
    for part in parts:
        own = {name: label[part.rows] for name, label in labels.items()}
        found = whole_losses(data.tasks, losses(part.rows), own, Runtime("cpu"))
        torch.testing.assert_close(found, expected)
        gradients += torch.autograd.grad(found.mean(), weight)
    torch.testing.assert_close(torch.stack(gradients).mean(0), slope)


def test_two_processes_find_what_one_finds(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(PROGRAM.parents[1]), *sys.path]),
        "OMP_NUM_THREADS": "1",
    }
    program = subprocess.run(
        [sys.executable, PROGRAM, tmp_path, "2"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert program.returncode == 0, program.stderr
    one, two = everything(tmp_path, 1), torch.load(tmp_path / "found.pt", weights_only=True)
    assert (one.pop("world size"), two.pop("world size")) == (1, 2)
    assert one.pop("same everywhere")
    assert two.pop("same everywhere")
    for name, expected in one.items():
        tolerance = 1e-9 if expected.dtype == torch.float64 else 1e-4
        torch.testing.assert_close(two[name], expected, rtol=tolerance, atol=tolerance)
