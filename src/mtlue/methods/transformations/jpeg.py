"""JPEG with gradients: the baseline codec's arithmetic without its entropy coding, which loses nothing."""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from mtlue.methods.transformations.base import Transformation, uniform
from mtlue.methods.transformations.settings import JpegSettings

_SIDE = 8
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * _SIDE for _ in range(4)),
)
"""Quantisation at quality 50 (ITU-T T.81, tables K.1 and K.2)."""
_TO_YCBCR = (
    (0.299, 0.587, 0.114),
    (-0.168735892, -0.331264108, 0.5),
    (0.5, -0.418687589, -0.081312411),
)
"""JFIF's colours (ITU-T T.871), from RGB."""


class Jpeg(Transformation):
    """JPEG of a quality between ``low`` and ``high``, chroma at half the resolution, as encoders have it by default."""

    Settings = JpegSettings
    settings: JpegSettings

    def __call__(self, images: Tensor, generator: Generator) -> Tensor:
        return compressed(images, round(uniform(self.settings.low, self.settings.high, generator)))


def compressed(images: Tensor, quality: int) -> Tensor:
    """Images as JPEG gives them back.

    Rounded coefficients have the gradient of r + (c - r)^3, c before and r after rounding: small changes of what
    becomes 0 change nothing, those near the next step do (Shin & Song, NIPS workshop 2017).

    Args:
        images: float 0..1 [B, C, H, W]; three channels are taken for RGB, any other number for luminance each.
        quality: 1 to 100, as the Independent JPEG Group's encoder counts.

    Returns:
        Float 0..1 of the same shape.
    """
    height, width = images.shape[2:]
    levels = _padded(images * 255, 2 * _SIDE)
    decoded = _colours(levels, quality) if images.shape[1] == 3 else _coded(levels - 128, _LUMINANCE, quality) + 128
    return (decoded[:, :, :height, :width] / 255).clamp(0, 1)


def _colours(levels: Tensor, quality: int) -> Tensor:
    """RGB 0..255 [B, 3, H, W] through YCbCr with chroma at half the resolution."""
    matrix = torch.tensor(_TO_YCBCR, device=levels.device, dtype=levels.dtype)
    ycbcr = torch.einsum("ij,bjhw->bihw", matrix, levels)
    luma = _coded(ycbcr[:, :1] - 128, _LUMINANCE, quality) + 128
    chroma = _coded(F.avg_pool2d(ycbcr[:, 1:], 2), _CHROMINANCE, quality)
    chroma = F.interpolate(chroma, scale_factor=2, mode="bilinear")
    return torch.einsum("ij,bjhw->bihw", torch.linalg.inv(matrix), torch.cat([luma, chroma], 1))


def _coded(planes: Tensor, table: tuple[tuple[int, ...], ...], quality: int) -> Tensor:
    """Planes about 0 [B, C, H, W], whole blocks, quantised by a table at a quality."""
    transform = _cosines(planes.device, planes.dtype)
    batch, channels, height, width = planes.shape
    blocks = planes.reshape(batch, channels, height // _SIDE, _SIDE, width // _SIDE, _SIDE).transpose(3, 4)
    steps = _steps(table, quality).to(planes)
    kept = _rounded(transform @ blocks @ transform.T / steps) * steps
    return (transform.T @ kept @ transform).transpose(3, 4).reshape(planes.shape)


def _rounded(values: Tensor) -> Tensor:
    """To the nearest whole numbers, with a cubic's gradient."""
    nearest = values.round()
    soft = (values - nearest.detach()) ** 3
    return nearest.detach() + soft - soft.detach()


def _steps(table: tuple[tuple[int, ...], ...], quality: int) -> Tensor:
    """The quantisation of a quality: whole numbers 1 to 255, as baseline JPEG holds them."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return ((torch.tensor(table) * scale + 50) // 100).clamp(1, 255).float()


def _cosines(device: torch.device, dtype: torch.dtype) -> Tensor:
    """The orthonormal DCT-II of eight samples [8, 8], a frequency per row."""
    frequencies, samples = torch.arange(_SIDE)[:, None], torch.arange(_SIDE)
    rows = torch.cos(math.pi * (2 * samples + 1) * frequencies / (2 * _SIDE)) * math.sqrt(2 / _SIDE)
    rows[0] /= math.sqrt(2)
    return rows.to(device, dtype)


def _padded(images: Tensor, side: int) -> Tensor:
    """Images whose last row and column are repeated up to whole multiples of ``side``."""
    height, width = images.shape[2:]
    return F.pad(images, (0, -width % side, 0, -height % side), mode="replicate")
