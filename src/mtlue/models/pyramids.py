"""Backbones that keep their feature maps, for tasks with labels per pixel.

Their names are those of ``backbones.py``, but for :data:`mtlue.models.names.WITHOUT_MAPS`.

Adding one that timm does not have: a builder and a row in ``PYRAMIDS``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlue.errors import InputError
from mtlue.models.backbones import (
    NARROW_VIT,
    NARROW_VIT_BASE,
    Enlarged,
    TinyResNet,
    first_that_builds,
    input_scaling,
    larger_sizes,
)
from mtlue.models.dense import ASPPHead, HalfSizeHead, UNetDecoder
from mtlue.models.names import OWN, RANDOM
from mtlue.models.timm_names import timm_name
from mtlue.models.weights import fill, timm_options

STRIDE = 8
"""Pixels of an image per place of the maps that dense heads read, where a network can give them (DeepLab's)."""


@dataclass(frozen=True)
class Pyramid:
    """A network that keeps its maps, the head that suits it, and how its input is scaled.

    Attributes:
        module: [B, C, h, w] -> (pooled deepest maps [B, width], maps for dense heads [B, F, h', w']).
        head: number of channels -> a head that turns those maps and (h, w) into [B, channels, h, w].
        mean, std: as a :class:`mtlue.models.backbones.Backbone`'s.
    """

    module: nn.Module
    width: int
    head: Callable[[int], nn.Module]
    mean: tuple[float, ...] = (0.5,)
    std: tuple[float, ...] = (0.25,)

    @property
    def trunk(self) -> nn.Module:
        """The part that ``init`` gives weights to: a decoder starts at random."""
        return self.module.encoder if isinstance(self.module, TinyUNet) else self.module


class TinyUNet(nn.Module):
    """:class:`TinyResNet` with a decoder back to half the image's size."""

    DECODER = (16, 24, 32)

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.encoder = TinyResNet(in_channels)
        self.decoder = UNetDecoder(TinyResNet.WIDTHS, self.DECODER)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.encoder.maps(images)
        return maps[-1].mean(dim=(2, 3)), self.decoder(maps)


class TimmPyramid(nn.Module):
    """A timm network's deepest maps, together with those of each finer scale down to 1/8 of the image.

    A dilated network has its deepest maps at 1/8, and dense heads read those alone, as DeepLab's do.

    Args:
        network: images -> maps of several scales.
        reductions: pixels of the image per place of each of them.
        channels_last: whether the maps are [B, h, w, F].
    """

    def __init__(self, network: nn.Module, reductions: list[int], channels_last: bool) -> None:
        super().__init__()
        self.network = network
        self.channels_last = channels_last
        deepest_at = {reduction: place for place, reduction in enumerate(reductions)}
        self.stride = min(reduction for reduction in reductions if reduction >= min(STRIDE, reductions[-1]))
        self.read = [place for reduction, place in deepest_at.items() if reduction >= self.stride]

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.network(images)
        read = [maps[place].movedim(-1, 1) if self.channels_last else maps[place] for place in self.read]
        size = read[0].shape[-2:]
        finer = [read[0], *(F.interpolate(deeper, size, mode="bilinear", align_corners=False) for deeper in read[1:])]
        return read[-1].mean(dim=(2, 3)), torch.cat(finer, dim=1)


def build_pyramid(name: str, in_channels: int, image_size: tuple[int, int], init: str = RANDOM) -> Pyramid:
    """Build a backbone that keeps its maps; arguments as :func:`mtlue.models.backbones.build_backbone`'s.

    Raises:
        InputError: unknown name, the network keeps no maps, or the weights are not available.
    """
    if name in PYRAMIDS:
        return PYRAMIDS[name](in_channels, image_size, init)
    return _from_timm(name, timm_name(name), in_channels, image_size, init)


def _tiny(in_channels: int, image_size: tuple[int, int], init: str) -> Pyramid:
    module = TinyUNet(in_channels)
    fill(module.encoder, "tiny", init)
    return Pyramid(module, TinyResNet.WIDTHS[-1], partial(HalfSizeHead, TinyUNet.DECODER[0]))


def _narrow_vit(in_channels: int, image_size: tuple[int, int], init: str) -> Pyramid:
    return _from_timm("vit_narrow", NARROW_VIT_BASE, in_channels, image_size, init, **NARROW_VIT)


PYRAMIDS: dict[str, Callable[[int, tuple[int, int], str], Pyramid]] = {
    "tiny": _tiny,
    "vit_narrow": _narrow_vit,
}
"""Models of our own."""


def _from_timm(
    name: str, full_name: str, in_channels: int, image_size: tuple[int, int], init: str = RANDOM, **options: Any
) -> Pyramid:
    options = {"in_chans": in_channels, **timm_options(name, full_name, init, in_channels, **options), **options}
    network = _network(name, full_name, image_size, options)
    scaling = {} if name in OWN else input_scaling(network, in_channels, init)
    for size in (image_size, *larger_sizes(network, image_size)):
        if size != image_size:
            network = _network(name, full_name, size, options)
        try:
            return _probed(network, None if size == image_size else size, in_channels, image_size, scaling)
        except (RuntimeError, AssertionError, ValueError) as error:
            reason = error
    raise InputError(
        f"backbone '{name}' gives no maps for tasks with labels per pixel on images of "
        f"{image_size[0]}x{image_size[1]}: use tiny, resnet18 or resnet50 ({' '.join(str(reason).split())[:300]})"
    ) from reason


def _network(name: str, full_name: str, image_size: tuple[int, int], options: dict[str, Any]) -> Any:
    """A timm network that returns its maps, dilated to stride 8, or else 16, if it can be."""
    attempts: list[dict[str, Any]] = [
        {"output_stride": STRIDE},
        {"output_stride": 2 * STRIDE},
        {"img_size": image_size},
        {},
    ]
    remedy = "labels per pixel need its feature maps: use tiny, resnet18, resnet50 or another convolutional network"
    return first_that_builds(name, full_name, attempts, {"features_only": True, **options}, remedy)


@torch.no_grad()
def _probed(
    network: Any,
    larger: tuple[int, int] | None,
    in_channels: int,
    image_size: tuple[int, int],
    scaling: dict[str, tuple[float, ...]],
) -> Pyramid:
    """The pyramid of a network, behind a resize to ``larger``, after a trial run on one image.

    Raises:
        ValueError: no maps of the whole image; other errors are the network's own.
    """
    channels_last = getattr(network, "output_fmt", None) == "NHWC"
    reductions = network.feature_info.reduction()
    module = TimmPyramid(Enlarged(network, larger) if larger else network, reductions, channels_last)
    was_training = module.training
    pooled, maps = module.eval()(torch.zeros(1, in_channels, *image_size))
    module.train(was_training)
    width = network.feature_info.channels()[-1]
    if pooled.shape[1] != width or maps.ndim != 4 or not bool(maps.isfinite().all()):
        raise ValueError(f"its output has shape {list(maps.shape)}, and is not finite maps of {width} channels")
    covered = [side * module.stride for side in maps.shape[2:]]
    if min(covered[0] - (larger or image_size)[0], covered[1] - (larger or image_size)[1]) < 0:
        raise ValueError(f"its maps cover only {covered[0]}x{covered[1]} pixels and leave out a border")
    head = partial(ASPPHead, maps.shape[1], maps_size=(maps.shape[2], maps.shape[3]))
    return Pyramid(module, width, head, **scaling)
