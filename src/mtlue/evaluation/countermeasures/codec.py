"""Images written as files of a lossy format and read back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def recompressed(images: Tensor, file_format: str, quality: int | Sequence[int]) -> Tensor:
    """Write and read every image, in threads where images are large.

    By Pillow, which lets threads run while it encodes and decodes. torchvision's codec gives the same bytes of JPEG
    and is faster on small images, but has been deprecated since 0.29.

    Args:
        images: uint8 [B, C, H, W], one channel or three.
        file_format: as Pillow calls it, such as ``JPEG``.
        quality: of the format's encoder; or of each image's, [B].

    Returns:
        uint8 [B, C, H, W].
    """
    import torch

    from mtlue.threads import file_map

    height, width = images.shape[2:]
    qualities = [quality] * len(images) if isinstance(quality, int) else quality
    with file_map((height, width)) as mapped:
        return torch.stack(list(mapped(partial(_recompressed, file_format), qualities, images)))


def _recompressed(file_format: str, quality: int, image: Tensor) -> Tensor:
    import numpy as np
    import torch
    from PIL import Image

    pixels, buffer = image.permute(1, 2, 0).numpy(), BytesIO()
    picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    picture.save(buffer, file_format, quality=quality)
    with Image.open(buffer) as read:
        decoded = np.array(read.convert(picture.mode)).reshape(pixels.shape)  # WebP has no grey images
    return torch.from_numpy(decoded).permute(2, 0, 1)
