"""What each of two processes does that tests a half of the images: imported by processes that are spawned."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch.distributed as dist
from task_examples import EXAMPLES
from torch import Tensor

from mtlue.evaluation.learners.testing import Terms


@dataclass(frozen=True)
class Half:
    """As much of a runtime as a test asks for."""

    rank: int
    world_size: int = 2

    def total(self, values: Tensor) -> Tensor:
        dist.all_reduce(values)
        return values


def show_half(rank: int, folder: str) -> None:
    """Write what this process finds of the images of both."""
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=2)
    found = {}
    for example in EXAMPLES:
        prediction, label = example.draw()
        part = slice(0, 6) if rank == 0 else slice(6, None)
        test = Terms(len(label), {example.task.name: {}}).test(example.task, Half(rank))  # type: ignore[arg-type]
        test.update(prediction[part], label[part])
        found[example.task.name] = [test.replicates(), test.confusion(), test.scores()]
    Path(folder, f"{rank}.json").write_text(json.dumps(found))
    dist.destroy_process_group()
