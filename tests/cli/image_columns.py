"""Tables with a column that names files: photos, scans, masks, or the images themselves."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from conftest import Outcome, write_table

Run = Callable[..., Outcome]
COUNT = 12
SIDE = 40
CODE = ("--method", "joint-code")
ITSELF = "names the images themselves"


def photo(seed: int) -> Image.Image:
    """A smooth grey image with a little noise, of 8 bits as cameras and scanners give them."""
    random = np.random.default_rng(seed)
    values = Image.fromarray(random.integers(0, 256, (SIDE, SIDE), dtype=np.uint8)).filter(ImageFilter.GaussianBlur(3))
    stretched = (np.asarray(values, float) - 128) * 4 + 128 + random.normal(0, 3, (SIDE, SIDE))
    return Image.fromarray(stretched.clip(0, 255).astype(np.uint8))


def page(seed: int) -> Image.Image:
    """A scan in black and white: lines of words."""
    random = np.random.default_rng(seed)
    ink = np.ones((SIDE, SIDE), bool)
    for top in range(2, SIDE - 3, 5):
        ink[top : top + 3] = random.random((3, SIDE)) > 0.5
    return Image.fromarray(ink)


def regions(seed: int) -> np.ndarray:
    """Flat regions of four classes, as masks have them."""
    random = np.random.default_rng(seed)
    return np.kron(random.integers(0, 4, (5, 5)), np.ones((SIDE // 5, SIDE // 5), int)).astype(np.uint8)


Make = Callable[[int], Image.Image]


def images(root: Path, make: Make = photo, named: Callable[[Path, int], str] = lambda _, i: f"{i}.png") -> Path:
    """Images, a class each, and a column ``other``: what ``named`` makes and returns for each."""
    root.mkdir()
    for i in range(COUNT):
        make(i).save(root / f"{i}.png")
    rows = [{"file": f"{i}.png", "other": named(root, i), "label": "ab"[i % 2]} for i in range(COUNT)]
    write_table(root, rows)
    return root


def saved(folder: str, make: Make, **options: Any) -> Callable[[Path, int], str]:
    """Files of their own in another folder."""

    def save(root: Path, i: int) -> str:
        (root / folder).mkdir(exist_ok=True)
        make(i).save(root / folder / f"{i}.png", **options)
        return f"{folder}/{i}.png"

    return save
