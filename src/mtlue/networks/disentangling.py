"""An autoencoder that tells an image from what its labels say of it (after D-VAE, Yu et al., ICML 2024)."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mtlue.networks.autoencoder import LATENT, SIDE, WIDTH, Autoencoder


class Parts(NamedTuple):
    """What such a network makes of images.

    Attributes:
        images: float [B, C, H, W]; about 0..1.
        perturbation: float [B, C, H, W]; what the labels add.
        rate: float [B]; what the latents tell of each image, in bits per pixel.
    """

    images: Tensor
    perturbation: Tensor
    rate: Tensor

    @property
    def whole(self) -> Tensor:
        """The image with its perturbation."""
        return self.images + self.perturbation

    def distortion(self, images: Tensor, small: float) -> Tensor:
        """Mean squared errors of the image and of the whole, and the perturbation's mean square beyond ``small``."""
        size = self.perturbation.square().mean()
        errors = F.mse_loss(self.images, images) + F.mse_loss(self.whole.clamp(0, 1), images)
        return errors + (size - small).clamp(min=0)


class Disentangling(nn.Module):
    """A rate-limited autoencoder and a second decoder: latents and labels -> perturbation.

    What goes with a label costs bits in the latents and none in the second decoder, so that is where it ends up. Every
    anchor of the labels has maps of its own with the latents' sides.

    Args:
        shape: (C, H, W) of an image.
        anchors: of all tasks.
    """

    def __init__(self, shape: tuple[int, int, int], anchors: int) -> None:
        super().__init__()
        channels, height, width = shape
        self._maps = LATENT, -(-height // SIDE), -(-width // SIDE)
        self.autoencoder = Autoencoder(channels)
        self.embedding = nn.Parameter(torch.randn(anchors, *self._maps))
        self.perturbation = nn.Sequential(
            nn.Conv2d(2 * LATENT, WIDTH, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(WIDTH, channels, 2 * SIDE, SIDE, SIDE // 2),
        )

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Parts:
        """What it makes of images.

        Args:
            images: float 0..1 [B, C, H, W].
            labels: weights of the anchors, float [B, anchors]; None for images without labels.
        """
        height, width = images.shape[-2:]
        made, latents = self.autoencoder.with_latents(images)
        weights = images.new_zeros(len(images), len(self.embedding)) if labels is None else labels
        embedded = (weights @ self.embedding.flatten(1)).reshape(-1, *self._maps)
        perturbation = self.perturbation(torch.cat([latents, embedded], 1))[..., :height, :width]
        return Parts(made.images, perturbation, made.rate)
