"""LPIPS, a distance that was learned from what people see: measured where its weights are at hand, never fetched.

torchmetrics brings the layers that were learned for it. The network that they look through is ImageNet's, whose file is
looked for where torchvision keeps it.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from inspect import getfile
from pathlib import Path

import torch
from torch import Tensor, nn
from torchmetrics.functional.image import lpips

from mtlue.bounds import LEVELS
from mtlue.files import sha256

LEAST_SIDE = 32
"""Pixels: the networks' poolings leave nothing of smaller images."""
MOST_IMAGES = 200
"""Images that are measured: AlexNet takes a tenth of a second for two of 224x224 pixels on a CPU."""

_UNREADABLE = (OSError, RuntimeError, KeyError, TypeError, pickle.UnpicklingError)
"""What a file raises that holds other tensors, or none, whatever its name says."""


@dataclass(frozen=True)
class Backbone:
    """A network that LPIPS was learned for.

    Attributes:
        net: how torchmetrics calls it.
        file: how torchvision calls its weights; the last part is the beginning of their SHA-256.
    """

    net: str
    file: str

    def path(self, folder: Path) -> Path | None:
        """The file in a folder, if it is there and whole."""
        path = folder / self.file
        try:
            return path if path.is_file() and sha256(path).startswith(path.stem.rpartition("-")[2]) else None
        except OSError:
            return None


BACKBONES: Mapping[str, Backbone] = {
    "lpips_alex": Backbone("alex", "alexnet-owt-7be5be79.pth"),
    "lpips_squeeze": Backbone("squeeze", "squeezenet1_1-b8a52dc0.pth"),
    "lpips_vgg": Backbone("vgg", "vgg16-397923af.pth"),
}
"""Measure -> its network, the usual one first. Their figures cannot be compared with each other."""


class Perceptual:
    """LPIPS by one network.

    Source: Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", CVPR 2018; the
    weights are those of its version 0.1.

    Args:
        measure: a key of :data:`BACKBONES`.
        weights: the file of its network.
    """

    def __init__(self, measure: str, weights: Path) -> None:
        self.measure = measure
        self._network = _network(BACKBONES[measure].net, _tensors(weights))

    @torch.inference_mode()
    def distances(self, before: Tensor, after: Tensor) -> Tensor:
        """Of images from what became of them: 0 where they look alike.

        Args:
            before, after: uint8 [B, C, H, W], C 1 or 3; grey ones count as R = G = B.

        Returns:
            float32 [B]; NaN where a side is shorter than 32 pixels.
        """
        if min(before.shape[2:]) < LEAST_SIDE:
            return torch.full((len(before),), torch.nan)
        one, other = (images.expand(-1, 3, -1, -1).float() * (2 / LEVELS) - 1 for images in (before, after))
        values: Tensor = self._network(one, other)
        return values.reshape(len(before))


def at_hand() -> Perceptual | None:
    """LPIPS by the first network whose weights lie in torch.hub's folder; None where none are there."""
    return _at_hand(Path(torch.hub.get_dir()) / "checkpoints")


@cache
def _at_hand(folder: Path) -> Perceptual | None:
    """Read once, however many shards are measured."""
    for measure, backbone in BACKBONES.items():
        if (path := backbone.path(folder)) is not None:
            try:
                return Perceptual(measure, path)
            except _UNREADABLE:
                continue
    return None


def _tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a file: nothing else in it is unpickled."""
    tensors: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return tensors


def _network(net: str, weights: Mapping[str, Tensor]) -> nn.Module:
    """The network with its weights. Its first ones would be random, and the classifier large: none are made."""
    with torch.device("meta"):
        made = lpips._NoTrainLpips(net=net, pretrained=False, pnet_rand=True)  # type: ignore[arg-type]
    made.scaling_layer = lpips.ScalingLayer()
    learned = _tensors(Path(getfile(lpips)).parent / f"lpips_models/{net}.pth")
    depth = 2 if net == "squeeze" else 1  # net.slices.1.3.squeeze.weight, net.slice2.3.weight
    seen = {f"net.{name}": weights[f"features.{'.'.join(name.split('.')[depth:])}"] for name in made.net.state_dict()}
    again = {
        f"lins.{name.removeprefix('lin')}": tensor for name, tensor in learned.items()
    }  # the same layers, as a list
    made.load_state_dict({**learned, **again, **seen}, assign=True)
    return made.requires_grad_(False).eval()
