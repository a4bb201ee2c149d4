"""Contrastive learning (SimCLR, Chen et al., ICML 2020): views, the projection and the loss."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.transforms import v2

from mtlue.models import MultiTaskModel


class Views:
    """Two strongly augmented views of each image, drawn from PyTorch's global random state.

    Args:
        size: (h, w) of a view.
        strength: s, 0..1; crops of 1 - 0.9 s to all of the area; colours shifted by up to 0.4 s (hue 0.1 s) in 0.8 s of
            the views; 0.2 s of them are grey.
        flip: whether half of the views are mirrored, which would mislead where left and right mean something.
    """

    def __init__(self, size: tuple[int, int], strength: float, flip: bool) -> None:
        mirror = v2.RandomHorizontalFlip(0.5 if flip else 0)
        self._augment = v2.Compose([crop_of(size, strength), mirror, *colours_of(strength)])

    def __call__(self, images: Tensor) -> Tensor:
        """uint8 [B, C, H, W] -> uint8 [2B, C, h, w]: a view of each image, then another of each."""
        return torch.stack([self._augment(image) for image in torch.cat([images, images])])


def crop_of(size: tuple[int, int], strength: float) -> v2.Transform:
    """A crop of 1 - 0.9 ``strength`` to all of the area, enlarged to ``size`` (h, w)."""
    return v2.RandomResizedCrop(size, (1 - 0.9 * strength, 1), antialias=True)


def colours_of(strength: float) -> list[v2.Transform]:
    """What happens to colours: shifted by up to 0.4 ``strength`` (hue: a quarter of it), or grey."""
    jitter = v2.ColorJitter(*[0.4 * strength] * 3, 0.1 * strength)
    return [v2.RandomApply([jitter], 0.8 * strength), v2.RandomGrayscale(0.2 * strength)]


class Projected(nn.Module):
    """A model's trunk under a projection of two layers, which is thrown away after the pretraining.

    Args:
        model: the trunk is its own, so it is trained here.
        width: of the projection.
    """

    def __init__(self, model: MultiTaskModel, width: int) -> None:
        super().__init__()
        self.trunk = model.backbone.requires_grad_(True)
        self._pooled = model.pooled
        features = model.width
        self.projection = nn.Sequential(
            nn.Linear(features, features), nn.ReLU(inplace=True), nn.Linear(features, width)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Images float 0..1 [B, C, h, w] -> [B, width]."""
        projected: Tensor = self.projection(self._pooled(images))
        return projected


def nt_xent(projections: Tensor, temperature: float) -> Tensor:
    """The normalised, temperature-scaled cross entropy: each view is to find the other of its image among all others.

    Args:
        projections: [2B, D]; rows i and B + i are of one image.

    Returns:
        The mean over all 2B views.
    """
    unit = F.normalize(projections, dim=1)
    similarity = (unit @ unit.T / temperature).fill_diagonal_(-torch.inf)
    partner = torch.arange(len(unit), device=unit.device).roll(len(unit) // 2)
    return F.cross_entropy(similarity, partner)
