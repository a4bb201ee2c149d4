"""A small convolutional variational autoencoder (Kingma & Welling, ICLR 2014) that counts its own bits."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTH = 64
LATENT = 16
BLOCKS = 2
SIDE = 4
"""Pixels of an image per latent vector, in each direction."""
_LEAST, _MOST = -12.0, 4.0
"""Of a logarithm of a variance: beyond it nothing is learned, and exponentials overflow."""
_QUIET = -4.0
"""Logarithm of the latents' variance before the training: what they say is heard from the first step on."""


class Reconstruction(NamedTuple):
    """What an autoencoder makes of images.

    Attributes:
        images: float [B, C, H, W]; about 0..1.
        rate: float [B]; what the latents tell of each image, in bits per pixel.
    """

    images: Tensor
    rate: Tensor


class _Residual(nn.Module):
    """Maps and a correction of them, zero before the training."""

    def __init__(self) -> None:
        super().__init__()
        self.correction = nn.Sequential(
            nn.Conv2d(WIDTH, WIDTH, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        )
        for parameter in self.correction[-1].parameters():
            nn.init.zeros_(parameter)

    def forward(self, maps: Tensor) -> Tensor:
        corrected: Tensor = maps + self.correction(maps)
        return corrected


class Autoencoder(nn.Module):
    """Images float 0..1 [B, C, H, W] -> latents of a quarter of the sides -> images.

    It begins as a linear transform of overlapping blocks, as codecs have one, and learns corrections of it.

    In training mode latents are drawn, from PyTorch's global random state; in evaluation mode they are their means.

    Args:
        channels: 1 or 3.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, WIDTH, 2 * SIDE, SIDE, SIDE // 2),
            *(_Residual() for _ in range(BLOCKS)),
            nn.Conv2d(WIDTH, 2 * LATENT, 1),
        )
        self.decoder = nn.Sequential(
            nn.Conv2d(LATENT, WIDTH, 1),
            *(_Residual() for _ in range(BLOCKS)),
            nn.ConvTranspose2d(WIDTH, channels, 2 * SIDE, SIDE, SIDE // 2),
        )
        nn.init.constant_(self._noise_level, _QUIET)

    @property
    def _noise_level(self) -> Tensor:
        """The bias of the latents' log-variances, a view."""
        last = self.encoder[-1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        return last.bias.detach()[LATENT:]

    def forward(self, images: Tensor) -> Reconstruction:
        return self.with_latents(images)[0]

    def with_latents(self, images: Tensor) -> tuple[Reconstruction, Tensor]:
        """A reconstruction and the latents [B, 16, ceil(H / 4), ceil(W / 4)] that it is made of."""
        height, width = images.shape[-2:]
        padded = F.pad(images - 0.5, (0, -width % SIDE, 0, -height % SIDE), mode="replicate")
        mean, log_variance = self.encoder(padded).chunk(2, dim=1)
        log_variance = log_variance.clamp(_LEAST, _MOST)
        latent = mean + torch.randn_like(mean) * (log_variance / 2).exp() if self.training else mean
        decoded = self.decoder(latent)[..., :height, :width] + 0.5
        return Reconstruction(decoded, divergence(mean, log_variance) / (math.log(2) * height * width)), latent


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence of diagonal normal distributions from the standard one, in nats.

    Args:
        mean, log_variance: [B, ...].

    Returns:
        [B].
    """
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).flatten(1).sum(1)
