"""Backbones by name: timm's, under their own names or the paper's short ones, and ``tiny`` for small images on a CPU.

Adding one that timm does not have: a builder and a row in ``BACKBONES``.
"""

from collections.abc import Callable
from typing import Any

import timm
import torch
from timm.models.resnet import BasicBlock
from torch import Tensor, nn

from mtlue.errors import InputError

Builder = Callable[[int, tuple[int, int]], nn.Module]
"""(input channels, (h, w)) -> a module that maps [B, C, h, w] to features [B, F]."""


class TinyResNet(nn.Module):
    """Four residual blocks of 16 to 128 channels for images of 32 to 64 pixels: about 0.3 ms an image on two cores."""

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
        # channels-last is a third faster on a CPU for these widths
        maps: Tensor = self.blocks(self.stem(images.contiguous(memory_format=torch.channels_last)))
        return maps.mean(dim=(2, 3))


def _residual(width: int, next_width: int, stride: int) -> BasicBlock:
    same = stride == 1 and width == next_width
    shortcut = (
        None if same else nn.Sequential(nn.Conv2d(width, next_width, 1, stride, bias=False), nn.BatchNorm2d(next_width))
    )
    return BasicBlock(width, next_width, stride=stride, downsample=shortcut)


def _tiny(in_channels: int, image_size: tuple[int, int]) -> nn.Module:
    return TinyResNet(in_channels)


def _small_image_resnet(name: str) -> Builder:
    """A timm ResNet with the 3x3 stride-1 stem that the paper uses on images of 64 to 128 pixels (PAPER 2)."""

    def build(in_channels: int, image_size: tuple[int, int]) -> nn.Module:
        model: Any = timm.create_model(name, num_classes=0, in_chans=in_channels)
        model.conv1 = nn.Conv2d(in_channels, model.conv1.out_channels, 3, 1, 1, bias=False)
        model.maxpool = nn.Identity()
        return model  # type: ignore[no-any-return]

    return build


BACKBONES: dict[str, Builder] = {
    "tiny": _tiny,
    "resnet18": _small_image_resnet("resnet18"),
    "resnet50": _small_image_resnet("resnet50"),
}
"""Names of our own. Every other name is timm's."""


def build_backbone(name: str, in_channels: int, image_size: tuple[int, int]) -> tuple[nn.Module, int]:
    """Build a backbone with fresh weights.

    Returns:
        The module ([B, C, h, w] -> [B, F]) and F.

    Raises:
        InputError: nobody knows the name, or the backbone does not work at this image size.
    """
    module = (
        BACKBONES[name](in_channels, image_size) if name in BACKBONES else _from_timm(name, in_channels, image_size)
    )
    return module, _width(name, module, in_channels, image_size)


def _from_timm(name: str, in_channels: int, image_size: tuple[int, int]) -> nn.Module:
    if not timm.is_model(name):
        close = timm.list_models(f"*{name}*")[:5]
        raise InputError(
            f"unknown backbone '{name}': choose {', '.join(BACKBONES)} or any name of timm"
            + (f" (near ones: {', '.join(close)})" if close else " (timm.list_models())")
        )
    options: dict[str, Any] = {"num_classes": 0, "in_chans": in_channels}
    try:
        model: nn.Module = timm.create_model(name, img_size=image_size, **options)
    except TypeError:  # convolutional networks take any size and have no such option
        model = timm.create_model(name, **options)
    return model


@torch.no_grad()
def _width(name: str, module: nn.Module, in_channels: int, image_size: tuple[int, int]) -> int:
    was_training = module.training
    try:
        features = module.eval()(torch.zeros(1, in_channels, *image_size))
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"backbone '{name}' does not work on images of {image_size[0]}x{image_size[1]}: "
            f"use a larger size or another backbone ({error})"
        ) from error
    module.train(was_training)
    if features.ndim != 2:
        raise InputError(
            f"backbone '{name}' gives features of shape {list(features.shape)}, not [B, F]: choose another"
        )
    return int(features.shape[1])
