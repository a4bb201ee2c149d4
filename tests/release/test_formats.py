"""File formats: what each keeps, and what must be said before a lossy one is used."""

from pathlib import Path

import pytest
import torch

from mtlue.release.formats import FORMATS, Survival, image_file, read_released_image


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.lossless])
def test_lossless_formats_give_every_pixel_back(name: str, channels: int, tmp_path: Path) -> None:
    image = torch.randint(256, (channels, 13, 18), dtype=torch.uint8)
    path = tmp_path / f"image{FORMATS[name].suffix}"
    path.write_bytes(image_file(image, FORMATS[name], None))
    assert torch.equal(read_released_image(path, channels, FORMATS[name]), image)


def test_survival_is_the_projection_on_the_perturbation() -> None:
    clean = torch.full((3, 4, 4), 100, dtype=torch.uint8)
    protected = clean + 8
    whole, half, none = Survival(), Survival(), Survival()
    whole.add(clean, protected, protected)
    half.add(clean, protected, clean + 4)
    none.add(clean, protected, clean)
    assert (whole.share, half.share, none.share) == (1.0, 0.5, 0.0)
