"""Batch normalisation by the statistics of a batch that several processes share.

PyTorch has it for GPUs (:class:`torch.nn.SyncBatchNorm`) alone, and timm for its layers with an activation inside.
"""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mtlue.errors import InputError, param


def share_statistics(module: nn.Module, on_gpu: bool) -> nn.Module:
    """Let every batch normalisation in a module take the whole batch's statistics while it trains.

    Returns:
        The module, changed in place; another one where it is itself a batch normalisation on a GPU.

    Raises:
        InputError: it holds one that is neither PyTorch's nor timm's ``BatchNormAct2d``.
    """
    from timm.layers.norm_act import BatchNormAct2d, SyncBatchNormAct

    kinds: dict[type, type] = {
        nn.BatchNorm1d: WholeBatchNorm1d,
        nn.BatchNorm2d: WholeBatchNorm2d,
        nn.BatchNorm3d: WholeBatchNorm3d,
        BatchNormAct2d: WholeBatchNormAct2d,
    }
    shared = {*kinds.values(), nn.SyncBatchNorm, SyncBatchNormAct}
    for child in module.modules():
        if isinstance(child, _BatchNorm) and type(child) not in {*kinds, *shared}:
            raise InputError(
                f"{param('devices')}: a network with {type(child).__name__} cannot be trained by several processes, "
                "as that knows the images of one alone: compute on one device, or choose another network"
            )
    if on_gpu:
        return _on_gpu(module, frozenset(kinds))
    for child in module.modules():
        if type(child) in kinds:
            child.__class__ = kinds[type(child)]
    return module


def _on_gpu(module: nn.Module, kinds: frozenset[type]) -> nn.Module:
    """With SyncBatchNorm for layers of these kinds; those that are shared already stay, activations and all."""
    from timm.layers.norm_act import convert_sync_batchnorm

    if type(module) in kinds:
        converted: nn.Module = convert_sync_batchnorm(module)  # type: ignore[no-untyped-call]
        return converted
    for name, child in module.named_children():
        module.add_module(name, _on_gpu(child, kinds))
    return module


class _WholeBatchNorm(_BatchNorm):
    """Batch normalisation whose batch is that of all processes together; gradients pass between them."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - as PyTorch calls it
        if not self.training or not dist.is_initialized():
            return super().forward(input)
        self._check_input_dim(input)  # type: ignore[no-untyped-call]
        rows = input.float() if input.dtype in (torch.float16, torch.bfloat16) else input
        shape = (1, -1, *[1] * (rows.ndim - 2))
        count, mean = _mean(rows)
        centred = rows - mean.view(shape)
        _, variance = _mean(centred.square())
        self._remember(mean.detach(), (variance * count / (count - 1).clamp(min=1)).detach())
        weight = torch.ones_like(mean) if self.weight is None else self.weight
        scale = weight * (variance + self.eps).rsqrt()
        shift = torch.zeros_like(mean) if self.bias is None else self.bias
        return (centred * scale.view(shape) + shift.view(shape)).to(input.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Running statistics, as PyTorch keeps them."""
        if not self.track_running_stats or self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance, share)


class WholeBatchNorm1d(_WholeBatchNorm, nn.BatchNorm1d):
    """:class:`torch.nn.BatchNorm1d` of the whole batch."""


class WholeBatchNorm2d(_WholeBatchNorm, nn.BatchNorm2d):
    """:class:`torch.nn.BatchNorm2d` of the whole batch."""


class WholeBatchNorm3d(_WholeBatchNorm, nn.BatchNorm3d):
    """:class:`torch.nn.BatchNorm3d` of the whole batch."""


class WholeBatchNormAct2d(WholeBatchNorm2d):
    """timm's ``BatchNormAct2d``, with its dropout and its activation, of the whole batch."""

    drop: nn.Module
    act: nn.Module

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - as PyTorch calls it
        activated: Tensor = self.act(self.drop(super().forward(input)))
        return activated


def _mean(values: Tensor) -> tuple[Tensor, Tensor]:
    """How many values each channel has in all processes, and their mean, [C]; ``values``: [B, C, ...]."""
    counted = values.new_full((1,), values.numel() // values.shape[1])
    sums = values.sum([axis for axis in range(values.ndim) if axis != 1])
    whole: Tensor = _Sum.apply(torch.cat([sums, counted]))
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
