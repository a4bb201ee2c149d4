"""sRGB to CIE L*a*b*, and the CIEDE2000 colour difference.

Neither torchmetrics, kornia nor Pillow has CIEDE2000. scikit-image has it: four more packages, and four times as slow.
"""

import math

import torch
from torch import Tensor

from mtlue.bounds import LEVELS

_TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
"""Linear sRGB to XYZ (IEC 61966-2-1). The rows add up to D65's white."""
_TURN = 2 * math.pi


def lab(images: Tensor) -> Tensor:
    """CIE L*a*b* (D65, 2° observer) of sRGB images; grey ones count as R = G = B.

    Args:
        images: uint8 [B, C, H, W], C 1 or 3.

    Returns:
        float32 [B, 3, H, W]; L* in 0..100.
    """
    encoded = torch.arange(LEVELS + 1, dtype=torch.float64) / LEVELS
    linear = torch.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4).float()
    to_xyz = torch.tensor(_TO_XYZ, dtype=torch.float64)
    of_white = (to_xyz / to_xyz.sum(1, keepdim=True)).float()
    rgb = linear.to(images.device)[images.int()].expand(-1, 3, -1, -1)
    return _lab_of(torch.einsum("xc,bchw->bxhw", of_white.to(images.device), rgb))


def _lab_of(xyz: Tensor) -> Tensor:
    """XYZ [B, 3, ...] as a share of white's -> L*a*b*, as CIE 15 defines it."""
    knee = 6 / 29
    curved = torch.where(xyz > knee**3, xyz.clamp(min=knee**3) ** (1 / 3), xyz / (3 * knee**2) + 4 / 29)
    x, y, z = curved.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def ciede2000(one: Tensor, other: Tensor) -> Tensor:
    """The CIEDE2000 difference of colours, all parametric factors 1: about 1 is just seen between large plain fields.

    Source: Sharma, Wu, Dalal, "The CIEDE2000 color-difference formula: implementation notes, supplementary test data,
    and mathematical observations", Color Research and Application 30 (2005); names as there.

    Args:
        one, other: L*a*b*, float [B, 3, ...].

    Returns:
        [B, ...].
    """
    (l_1, a_1, b_1), (l_2, a_2, b_2) = one.unbind(1), other.unbind(1)
    stretch = 1.5 - 0.5 * _share_of_25(0.5 * (torch.hypot(a_1, b_1) + torch.hypot(a_2, b_2)))
    (c_1, h_1), (c_2, h_2) = _polar(stretch * a_1, b_1), _polar(stretch * a_2, b_2)
    turn = h_2 - h_1
    turn = turn - _TURN * (turn > math.pi) + _TURN * (turn < -math.pi)
    difference_h = 2 * (c_1 * c_2).sqrt() * (turn / 2).sin()
    l_mean, c_mean = 0.5 * (l_1 + l_2), 0.5 * (c_1 + c_2)
    h_mean = (h_1 + turn / 2).remainder(_TURN)  # of a grey colour any hue will do: its difference in hue is 0
    middle = (l_mean - 50).square()
    in_l = (l_2 - l_1) / (1 + 0.015 * middle / (20 + middle).sqrt())
    in_c = (c_2 - c_1) / (1 + 0.045 * c_mean)
    in_h = difference_h / (1 + 0.015 * c_mean * _hue_weight(h_mean))
    squared = in_l.square() + in_c.square() + in_h.square() + _rotation(h_mean, c_mean) * in_c * in_h
    return squared.clamp(min=0).sqrt()


def _polar(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Chroma, and hue in 0..2π."""
    hue = torch.atan2(b, a)
    return torch.hypot(a, b), torch.where(hue < 0, hue + _TURN, hue)


def _share_of_25(chroma: Tensor) -> Tensor:
    """√(C⁷ / (C⁷ + 25⁷)), without numbers that float32 cannot hold to seven digits."""
    power = (chroma / 25) ** 7
    return (power / (power + 1)).sqrt()


def _hue_weight(hue: Tensor) -> Tensor:
    """T."""
    return (
        1
        - 0.17 * (hue - math.radians(30)).cos()
        + 0.24 * (2 * hue).cos()
        + 0.32 * (3 * hue + math.radians(6)).cos()
        - 0.20 * (4 * hue - math.radians(63)).cos()
    )


def _rotation(hue: Tensor, chroma: Tensor) -> Tensor:
    """R_T, which counts for saturated blue."""
    blue = (-((hue - math.radians(275)) / math.radians(25)).square()).exp()
    return -2 * _share_of_25(chroma) * (math.radians(60) * blue).sin()
