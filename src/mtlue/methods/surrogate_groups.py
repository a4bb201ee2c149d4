"""Tasks divided among several surrogates, each of which learns its share alone.

A surrogate of all tasks shares its features among them, and what misleads it misleads learners of all tasks. A learner
of one task has features of its own; a surrogate of few tasks is nearer to it.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Generator

from mtlue.data import ArrayDataset, Pipeline
from mtlue.methods.config import ResolvedSettings
from mtlue.methods.plan import SurrogatePlan
from mtlue.methods.surrogates import Curve, Surrogates
from mtlue.models import MultiTaskModel
from mtlue.runtime import Runtime
from mtlue.tasks import Task


def trained_groups(
    config: ResolvedSettings,
    plan: SurrogatePlan,
    dataset: ArrayDataset,
    pipeline: Pipeline,
    runtime: Runtime,
    shared: Path | None,
) -> tuple[list[MultiTaskModel], Curve]:
    """The plan's checkpoints of every group's surrogate, and their mean loss, one number per epoch.

    Args:
        config: backbone, recipe, and how many groups there are: at most one for each task.
        plan: the base method's.
        dataset: what they learn.
        pipeline: the views that they see.
        runtime: device, seed and progress; which tasks go together is drawn by its seed.
        shared: the folder that several fits share; None keeps nothing.
    """
    models: list[MultiTaskModel] = []
    losses = []
    for group in divided(dataset.tasks, config.surrogate_groups, runtime.generator("surrogate groups")):
        own = replace(dataset, tasks=group, labels={task.name: dataset.labels[task.name] for task in group})
        of_group, loss = Surrogates(config, own, pipeline, runtime, shared).checkpoints(plan)
        models += of_group
        losses.append(loss)
    return models, torch.tensor(losses).mean(0).tolist()


def divided(tasks: Sequence[Task], count: int, draw: Generator) -> list[tuple[Task, ...]]:
    """Tasks dealt out by chance to ``count`` groups, or to as many as there are tasks; in order in each of them.

    One group of all needs no draw.
    """
    count = min(count, len(tasks))
    if count == 1:
        return [tuple(tasks)]
    dealt = torch.randperm(len(tasks), generator=draw).tolist()
    return [tuple(tasks[place] for place in sorted(dealt[group::count])) for group in range(count)]


def by_tasks(surrogates: Sequence[MultiTaskModel]) -> list[list[MultiTaskModel]]:
    """Surrogates of the same tasks together, as they were given."""
    groups: dict[tuple[str, ...], list[MultiTaskModel]] = {}
    for surrogate in surrogates:
        groups.setdefault(tuple(task.name for task in surrogate.tasks), []).append(surrogate)
    return list(groups.values())


def drawn(groups: Sequence[Sequence[MultiTaskModel]], draw: Generator) -> Sequence[MultiTaskModel]:
    """One group by chance; without a draw where there is only one."""
    return groups[0] if len(groups) == 1 else groups[int(torch.randint(len(groups), (), generator=draw))]
