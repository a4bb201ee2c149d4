"""What is left of a perturbation that was brought to an image's own size, when a learner shrinks the image again.

    python benchmarks/native.py

The perturbation is 56x56 and detailed, nearly everywhere at its bound. Printed: the share of it that comes back
(its projection) and the cosine, for plain enlarging (0 rounds) and for back-projection (mtlue/methods/native.py).
"""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

import mtlue.methods.native as native
from mtlue.bounds import DEFAULT_EPSILON, LEVELS
from mtlue.data.files.images import working_box
from mtlue.data.transforms import Pipeline

SIDE = 56
GREY = 128


def shrunk(large: Tensor, size: tuple[int, int]) -> np.ndarray:
    """The perturbation as a learner sees it who brings a grey image that carries it to the working size."""
    image = (GREY + (large * LEVELS).round()).clamp(0, LEVELS).to(torch.uint8).permute(1, 2, 0).numpy()
    box = working_box(size, Pipeline((SIDE, SIDE)))
    return np.asarray(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box)) - float(GREY)


def main() -> None:
    noise = torch.randn(1, 3, SIDE + 2, SIDE + 2, generator=torch.Generator().manual_seed(0))
    delta = DEFAULT_EPSILON * torch.tanh(9 * F.avg_pool2d(noise, 3, 1))[0]
    wanted = (delta * LEVELS).permute(1, 2, 0).numpy()
    print("size      rounds  share  cosine")
    for size in ((60, 60), (112, 112), (200, 200), (400, 300)):
        for rounds in (0, 1, 3, 5, 10, 30):
            native.ROUNDS = rounds
            large = native.enlarge(delta, size, working_box(size, Pipeline((SIDE, SIDE))), DEFAULT_EPSILON)
            seen = shrunk(large, size)
            product = (seen * wanted).sum()
            share, cosine = product / (wanted**2).sum(), product / np.sqrt((seen**2).sum() * (wanted**2).sum())
            print(f"{size[1]}x{size[0]:<6} {rounds:>5}  {share:.3f}  {cosine:.3f}")


if __name__ == "__main__":
    main()
