"""Where a change is seen first: areas of an image that are flat, or nearly white."""

import torch
from torch import Tensor
from torch.nn import functional as F

FLAT_WINDOW = 7
"""Side in pixels of the square around a pixel that says whether it is flat."""
FLAT_DEVIATION = 2.0
"""Standard deviation of luma in such a square, in levels, below which it is: texture would hide nothing there."""
NEAR_WHITE = 240
"""Level that all channels of a pixel reach where it is nearly white."""
_LUMA = (0.299, 0.587, 0.114)


def flat(images: Tensor) -> Tensor:
    """Which pixels have next to no texture around them; windows end at the border.

    Args:
        images: clean, uint8 [B, C, H, W], C 1 or 3.

    Returns:
        bool [B, H, W].
    """
    centred = _luma(images) - 128  # squares of small numbers lose fewer digits
    mean, of_squares = _window_mean(centred), _window_mean(centred.square())
    return (of_squares - mean.square() < FLAT_DEVIATION**2)[:, 0]


def near_white(images: Tensor) -> Tensor:
    """Which pixels are nearly white: uint8 [B, C, H, W] -> bool [B, H, W]."""
    return (images >= NEAR_WHITE).all(1)


def _luma(images: Tensor) -> Tensor:
    """Luma (Rec. 601), float32 [B, 1, H, W], in levels."""
    if images.shape[1] == 1:
        return images.float()
    weights = torch.tensor(_LUMA, device=images.device)
    return torch.einsum("c,bchw->bhw", weights, images.float())[:, None]


def _window_mean(values: Tensor) -> Tensor:
    return F.avg_pool2d(values, FLAT_WINDOW, stride=1, padding=FLAT_WINDOW // 2, count_include_pad=False)
