"""Intra-task and inter-task regularisation of the class embeddings (method.md, "Regularisation")."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


def intra_task(embeddings: Sequence[Tensor]) -> Tensor:
    """L_intra: mean cosine of all pairs of classes of one task; low where classes point apart.

    L_intra = 2 / sum_k C_k (C_k - 1) * sum_k sum_{m<n} cos(e_m^k, e_n^k)

    Args:
        embeddings: one [C_k, D] matrix per task.

    Returns:
        Scalar in -1..1; 0 where no task has two classes.
    """
    total = _zero(embeddings)
    pairs = 0
    for vectors in embeddings:
        cosines = _cosines(vectors, vectors)
        total = total + torch.triu(cosines, diagonal=1).sum()
        pairs += len(vectors) * (len(vectors) - 1) // 2
    return total / max(pairs, 1)


def inter_task(embeddings: Sequence[Tensor]) -> Tensor:
    """L_inter: mean absolute cosine of all pairs of classes of two tasks; 0 where tasks are orthogonal.

    L_inter = 1 / sum_{k<l} C_k C_l * sum_{k<l} sum_m sum_n |cos(e_m^k, e_n^l)|

    Args:
        embeddings: one [C_k, D] matrix per task.

    Returns:
        Scalar in 0..1; 0 where there is one task only.
    """
    if len(embeddings) < 2:
        return _zero(embeddings)
    task_of = torch.cat([torch.full((len(e),), k, device=e.device) for k, e in enumerate(embeddings)])
    vectors = torch.cat(list(embeddings))
    earlier = task_of[:, None] < task_of[None, :]
    return _cosines(vectors, vectors)[earlier].abs().mean()


def regularizers(embeddings: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """(L_intra, L_inter) from one matrix of cosines, whatever the number of tasks: :func:`intra_task` and
    :func:`inter_task`, within rounding.

    Args:
        embeddings: one [C_k, D] matrix per task.
    """
    if not embeddings:
        return torch.zeros(()), torch.zeros(())
    same, other = _pairs(tuple(len(vectors) for vectors in embeddings), embeddings[0].device)
    vectors = torch.cat(list(embeddings))
    cosines = _cosines(vectors, vectors)
    return (cosines * same.mask).sum() / same.number, (cosines.abs() * other.mask).sum() / other.number


class _Pairs(NamedTuple):
    """Pairs of classes: bool [C, C] for the classes of all tasks, each pair once; how many, or 1 for none."""

    mask: Tensor
    number: int


@lru_cache(maxsize=16)
def _pairs(classes: tuple[int, ...], device: torch.device) -> tuple[_Pairs, _Pairs]:
    """Pairs of one task, and pairs of two, of tasks with these numbers of classes; the same in every step."""
    task_of = torch.arange(len(classes)).repeat_interleave(torch.tensor(classes))
    masks = ((task_of[:, None] == task_of).triu(1), task_of[:, None] < task_of)
    same, other = (_Pairs(mask.to(device), max(int(mask.sum()), 1)) for mask in masks)
    return same, other


def _cosines(first: Tensor, second: Tensor) -> Tensor:
    return F.normalize(first, dim=1) @ F.normalize(second, dim=1).T


def _zero(embeddings: Sequence[Tensor]) -> Tensor:
    return embeddings[0].sum() * 0.0 if embeddings else torch.zeros(())
