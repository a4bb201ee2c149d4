"""Images that EXIF data turn, and label maps that carry none: told where it can matter, refused where it is plain."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from conftest import Outcome, save_image, write_table


def write(root: Path, size: tuple[int, int], mask_size: tuple[int, int], mask_exif: bool = False) -> Path:
    """Four images of (width, height), the first turned by 90 degrees; masks of two classes."""
    tags = Image.Exif()
    tags[0x0112] = 6
    rows = []
    for i in range(4):
        turned = i == 0
        save_image(root / f"{i}.jpg", size if turned else (20, 20), seed=i, exif=tags if turned else Image.Exif())
        mask = np.zeros(mask_size[::-1] if turned else (20, 20), np.uint8)
        mask[: len(mask) // 2] = 1
        Image.fromarray(mask).save(root / f"{i}-mask.png", exif=tags if turned and mask_exif else Image.Exif())
        rows.append({"file": f"{i}.jpg", "region": f"{i}-mask.png", "split": "test" if i == 3 else "train"})
    write_table(root, rows)
    return root


@pytest.mark.parametrize(
    ("size", "mask_size", "mask_exif", "said"),
    [
        ((24, 24), (24, 24), False, "note: 0-mask.png: its image is turned by its EXIF orientation (6)"),
        ((24, 24), (24, 24), True, ""),
        ((30, 20), (20, 30), False, ""),
        ((30, 20), (30, 20), True, ""),
        ((30, 20), (30, 20), False, "once its EXIF orientation (6) has turned it: turn the label map likewise"),
        ((30, 20), (29, 20), False, "it is 29x20 pixels, its image is 20x30"),
    ],
)
def test_a_turned_image_and_its_mask(
    size: tuple[int, int],
    mask_size: tuple[int, int],
    mask_exif: bool,
    said: str,
    tmp_path: Path,
    mtlue: Callable[..., Outcome],
) -> None:
    root = write(tmp_path / "photos", size, mask_size, mask_exif)
    for _ in range(2):  # from the cache, too
        outcome = mtlue("inspect", "--dataset", "table", "--data", root)
        assert outcome.status == 0, outcome.err
        printed = " ".join(outcome.err.split())
        assert said in printed
        assert said or "0-mask.png" not in printed


def test_a_jpeg_called_png_is_no_mask(tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
    root = write(tmp_path / "photos", (20, 20), (20, 20))
    mask = Image.open(root / "1-mask.png")
    mask.save(root / "1-mask.png", format="JPEG")
    outcome = mtlue("inspect", "--dataset", "table", "--data", root)
    assert "1-mask.png: JPEG changes the numbers that stand for classes" in outcome.err
