"""Backbones by name: timm's, under their own names or the paper's short ones, and three for small images on a CPU.

Adding one that timm does not have: a builder and a row in ``BACKBONES``.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import timm
import torch
import torch.nn.functional as F
from timm.models.resnet import BasicBlock
from torch import Tensor, nn

from mtlue.errors import InputError
from mtlue.models.names import RANDOM
from mtlue.models.timm_names import timm_name
from mtlue.models.weights import fill, timm_options

Builder = Callable[[int, tuple[int, int]], nn.Module]
"""(input channels, (h, w)) -> a module that maps [B, C, h, w] to features [B, F]."""


class TinyResNet(nn.Module):
    """Four residual blocks of 16 to 128 channels for images of 32 to 64 pixels: about 0.3 ms per image on two cores."""

    WIDTHS = (16, 32, 64, 128)

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        width = self.WIDTHS[0]
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        blocks = []
        for index, next_width in enumerate(self.WIDTHS):
            blocks.append(_residual(width, next_width, stride=1 if index == 0 else 2))
            width = next_width
        self.blocks = nn.Sequential(*blocks)

    def forward(self, images: Tensor) -> Tensor:
        return self.maps(images)[-1].mean(dim=(2, 3))

    def maps(self, images: Tensor) -> list[Tensor]:
        """What each block gives: [B, WIDTHS[i], h, w] at 1/2, 1/4, 1/8 and 1/16 of the image's sides, rounded up."""
        # channels-last is a third faster on a CPU for these widths
        maps = [self.stem(images.contiguous(memory_format=torch.channels_last))]
        for block in self.blocks:
            maps.append(block(maps[-1]))
        return maps[1:]


def _residual(width: int, next_width: int, stride: int) -> BasicBlock:
    same = stride == 1 and width == next_width
    shortcut = (
        None if same else nn.Sequential(nn.Conv2d(width, next_width, 1, stride, bias=False), nn.BatchNorm2d(next_width))
    )
    return BasicBlock(width, next_width, stride=stride, downsample=shortcut)


NARROW_VIT_BASE = "vit_tiny_patch16_224"
NARROW_VIT: dict[str, Any] = {"patch_size": 4, "embed_dim": 96, "depth": 6, "num_heads": 3}


def _tiny(in_channels: int, image_size: tuple[int, int]) -> nn.Module:
    return TinyResNet(in_channels)


def _narrow_vit(in_channels: int, image_size: tuple[int, int]) -> nn.Module:
    """A vision transformer of 96 channels with patches of 4 pixels: stands in for ViT-B on small images and a CPU."""
    return _timm(NARROW_VIT_BASE, in_channels, image_size, **NARROW_VIT)


def _two_layer(in_channels: int, image_size: tuple[int, int]) -> nn.Module:
    """The pixels themselves: with the model's neck and heads a network of two fully connected layers."""
    return nn.Flatten()


BACKBONES: dict[str, Builder] = {"tiny": _tiny, "vit_narrow": _narrow_vit, "two_layer": _two_layer}
"""Models of our own."""


@dataclass(frozen=True)
class Backbone:
    """A network and how its input is scaled.

    Attributes:
        module: [B, C, h, w] -> features [B, width].
        mean, std: of the input, one number for all channels or one each: the module sees (x - mean) / std.
    """

    module: nn.Module
    width: int
    mean: tuple[float, ...] = (0.5,)
    std: tuple[float, ...] = (0.25,)

    @property
    def trunk(self) -> nn.Module:
        """The part that ``init`` gives weights to."""
        return self.module


class Enlarged(nn.Module):
    """A network behind a resize, for images that it is too deep for or whose size it cannot take."""

    def __init__(self, module: nn.Module, size: tuple[int, int]) -> None:
        super().__init__()
        self.module = module
        self.size = size

    def forward(self, images: Tensor) -> Tensor:
        features: Tensor = self.module(F.interpolate(images, self.size, mode="bilinear", align_corners=False))
        return features


def enlarged(size: tuple[int, int], least: int) -> tuple[int, int]:
    """(h, w) scaled so that the shorter side is ``least`` pixels long; as it is where it is at least that.

    >>> enlarged((32, 48), 64), enlarged((32, 48), 0)
    ((64, 96), (32, 48))
    """
    scale = max(1.0, least / min(size))
    return round(size[0] * scale), round(size[1] * scale)


def build_backbone(
    name: str, in_channels: int, image_size: tuple[int, int], init: str = RANDOM, enlarge: int = 0
) -> Backbone:
    """Build a backbone that ends in a global average.

    Args:
        name: ``tiny``, ``vit_narrow``, ``two_layer``, one of the paper's short names, or the name of any timm model.
        in_channels: 1 or 3.
        image_size: (h, w). Images that a network cannot take are resized for it: to the next multiple of 32, or else
            to the size that it was made for.
        init: where its weights start: random, timm (timm's, downloaded once and kept), package (out of an installed
            one), or a file of weights.
        enlarge: least length of the shorter side that the backbone sees; smaller images are resized to it.

    Raises:
        InputError: unknown name, the network gives no features, or the weights are not available.
    """
    size = enlarged(image_size, enlarge)
    built = _built(name, in_channels, size, init)
    return built if size == image_size else replace(built, module=Enlarged(built.module, size))


def _built(name: str, in_channels: int, image_size: tuple[int, int], init: str) -> Backbone:
    if name in BACKBONES:
        module = BACKBONES[name](in_channels, image_size)
        fill(module, name, init)
        return Backbone(module, _width(name, module, in_channels, image_size))
    return _from_timm(name, in_channels, image_size, init)


def input_scaling(module: Any, in_channels: int, init: str) -> dict[str, tuple[float, ...]]:
    """``mean`` and ``std`` of what a timm network's weights were trained on; empty for fresh weights."""
    if init == RANDOM:
        return {}
    scaling = {"mean": module.pretrained_cfg["mean"], "std": module.pretrained_cfg["std"]}
    if in_channels == 1:
        scaling = {key: (sum(values) / len(values),) for key, values in scaling.items()}
    return scaling


def larger_sizes(module: Any, image_size: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Sizes to try where a timm network cannot take an image: the next multiple of 32, and the one it was made for."""
    multiple = (math.ceil(image_size[0] / 32) * 32, math.ceil(image_size[1] / 32) * 32)
    return multiple, tuple(module.pretrained_cfg["input_size"][1:])


def _from_timm(name: str, in_channels: int, image_size: tuple[int, int], init: str) -> Backbone:
    full_name = timm_name(name)
    weights = timm_options(name, full_name, init, in_channels)
    module: Any = _timm(full_name, in_channels, image_size, **weights)
    scaling = input_scaling(module, in_channels, init)
    try:
        return Backbone(module, _width(name, module, in_channels, image_size), **scaling)
    except InputError:
        for size in larger_sizes(module, image_size):
            larger: Any = Enlarged(_timm(full_name, in_channels, size, **weights), size)
            with suppress(InputError):
                return Backbone(larger, _width(name, larger, in_channels, image_size), **scaling)
        raise


def _timm(name: str, in_channels: int, image_size: tuple[int, int], **options: Any) -> nn.Module:
    """A timm model that ends in a global average, for this image size where it has such an option."""
    options = {"num_classes": 0, "in_chans": in_channels, **options}
    transformer = {"img_size": image_size, "dynamic_img_size": True, "dynamic_img_pad": True, "global_pool": "avg"}
    model: Any = first_that_builds(name, name, (transformer, {"img_size": image_size}, {}), options, "choose another")
    if hasattr(model, "pre_logits"):  # VGG's two wide layers: the paper's head takes the global average instead
        model.pre_logits = nn.Identity()
    return model  # type: ignore[no-any-return]


def first_that_builds(
    name: str, timm_name: str, attempts: Sequence[Mapping[str, Any]], options: Mapping[str, Any], remedy: str
) -> Any:
    """A timm network with the first of several sets of options that it takes.

    A network without an option says so in one of three ways (TypeError, or a refusal of this size or stride by
    AssertionError or NotImplementedError). Whatever else goes wrong (weights that cannot be fetched) ends the search.

    Args:
        name: what the user calls it.
        timm_name: what timm calls it.
        attempts: sets of options, the most wanted first.
        options: of every attempt.
        remedy: what to do where none works.

    Raises:
        InputError: none works; the message holds the last reason.
    """
    reason: Exception | None = None
    for extra in attempts:
        try:
            return timm.create_model(timm_name, **options, **extra)
        except (TypeError, AssertionError, NotImplementedError) as error:
            reason = error
        except (AttributeError, OSError, RuntimeError, ValueError) as error:
            reason = error
            break
    said = " ".join(str(reason).split())[:300] or type(reason).__name__
    raise InputError(f"backbone '{name}' cannot be built here ({said}): {remedy}") from reason


@torch.no_grad()
def _width(name: str, module: nn.Module, in_channels: int, image_size: tuple[int, int]) -> int:
    was_training = module.training
    try:
        features = module.eval()(torch.zeros(1, in_channels, *image_size))
    except (RuntimeError, AssertionError, ValueError) as error:
        raise InputError(
            f"backbone '{name}' does not work on images of {image_size[0]}x{image_size[1]}: "
            f"use a larger size or another backbone ({error})"
        ) from error
    module.train(was_training)
    if features.ndim != 2 or not bool(torch.isfinite(features).all()):
        raise InputError(
            f"backbone '{name}' gives features of shape {list(features.shape)}, not finite [B, F]: choose another"
        )
    return int(features.shape[1])
