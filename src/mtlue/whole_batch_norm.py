"""Batch normalisation by the statistics of a batch that several processes share, on a CPU.

PyTorch has it for GPUs (:class:`torch.nn.SyncBatchNorm`) alone.
"""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


def share_statistics(module: nn.Module) -> nn.Module:
    """Let every batch normalisation in a module take the whole batch's statistics while it trains, in place."""
    for child in module.modules():
        if type(child) is nn.BatchNorm2d:
            child.__class__ = WholeBatchNorm2d
    return module


class WholeBatchNorm2d(nn.BatchNorm2d):
    """:class:`torch.nn.BatchNorm2d` whose batch is that of all processes together; gradients pass between them."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - as PyTorch calls it
        if not self.training or not dist.is_initialized():
            return super().forward(input)
        self._check_input_dim(input)
        rows = input.float() if input.dtype in (torch.float16, torch.bfloat16) else input
        count, mean = _mean(rows)
        centred = rows - mean[None, :, None, None]
        _, variance = _mean(centred.square())
        self._remember(mean.detach(), (variance * count / (count - 1).clamp(min=1)).detach())
        weight = torch.ones_like(mean) if self.weight is None else self.weight
        scale = weight * (variance + self.eps).rsqrt()
        shift = torch.zeros_like(mean) if self.bias is None else self.bias
        return (centred * scale[None, :, None, None] + shift[None, :, None, None]).to(input.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Running statistics, as :class:`torch.nn.BatchNorm2d` keeps them."""
        if not self.track_running_stats or self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


def _mean(values: Tensor) -> tuple[Tensor, Tensor]:
    """How many values each channel has in all processes, and their mean, [C]; ``values``: [B, C, H, W]."""
    counted = values.new_full((1,), values.numel() // values.shape[1])
    whole: Tensor = _Sum.apply(torch.cat([values.sum((0, 2, 3)), counted]))
    return whole[-1], whole[:-1] / whole[-1]


class _Sum(torch.autograd.Function):
    """The sum over all processes; the gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        whole = values.clone()
        dist.all_reduce(whole)
        return whole

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        whole = gradient.clone()
        dist.all_reduce(whole)
        return whole
