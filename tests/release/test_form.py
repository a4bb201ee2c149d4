import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from mtlue.errors import InputError
from mtlue.release.form import LOSSLESS, USUAL_QUALITY, ReleaseForm
from mtlue.release.formats import FORMATS, image_format

LOSSY = [name for name, lossless in LOSSLESS.items() if not lossless]


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_formats_have_to_be_allowed(name: str) -> None:
    with pytest.raises(InputError, match=re.escape("give quality (such as 90) or lossy to say that you want that")):
        ReleaseForm(name).checked()
    form = ReleaseForm(name, lossy=True)
    assert form.checked() is form
    assert form.written_quality == USUAL_QUALITY


@pytest.mark.parametrize("name", LOSSY)
@pytest.mark.parametrize("quality", [1, 75, 100])
def test_a_quality_says_that_the_loss_is_wanted(name: str, quality: int) -> None:
    assert ReleaseForm(name, quality=quality).checked().written_quality == quality


@pytest.mark.parametrize("name", LOSSY)
@pytest.mark.parametrize("quality", [0, 101, -5])
def test_qualities_out_of_range_are_refused(name: str, quality: int) -> None:
    with pytest.raises(InputError, match=f"quality {quality}: give 1 to 100"):
        ReleaseForm(name, lossy=True, quality=quality).checked()


@pytest.mark.parametrize("name", [name for name, lossless in LOSSLESS.items() if lossless])
def test_lossless_formats_have_no_quality(name: str) -> None:
    assert ReleaseForm(name, lossy=True).checked().written_quality is None
    with pytest.raises(InputError, match=f"quality 90: {name} keeps every pixel, so it has no quality: leave it out"):
        ReleaseForm(name, quality=90).checked()


def test_an_unknown_format_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="unknown format 'jpg': did you mean 'jpeg'"):
        ReleaseForm("jpg").checked()


def test_every_format_says_whether_it_is_lossless() -> None:
    assert {name: form.lossless for name, form in FORMATS.items()} == LOSSLESS


@pytest.mark.parametrize("name", LOSSY)
@pytest.mark.parametrize("channels", [1, 3])
def test_files_are_larger_and_closer_the_higher_the_quality(
    name: str, channels: int, seeded: Callable[..., torch.Tensor]
) -> None:
    image = seeded(channels)
    forms = [image_format(name, quality) for quality in (1, 30, USUAL_QUALITY, 100)]
    files = [form.encode(image) for form in forms]
    errors = [
        float((form.decode(file, channels).float() - image.float()).abs().mean())
        for form, file in zip(forms, files, strict=True)
    ]
    assert sorted(map(len, files)) == list(map(len, files))
    assert sorted(errors, reverse=True) == errors
    assert len({*errors}) == len(errors)
    assert image_format(name, None).encode(image) == files[2]


def test_jpeg_keeps_the_colour_of_every_pixel(tmp_path: Path, seeded: Callable[..., torch.Tensor]) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(image_format("jpeg", 90).encode(seeded(3)))
    with Image.open(path) as file:
        assert [(across, down) for _, across, down, _ in file.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]


@pytest.fixture
def seeded() -> Callable[..., torch.Tensor]:
    """Images of an odd size, uint8 [C, 17, 23], smooth with some noise."""

    def image(channels: int) -> torch.Tensor:
        slope = torch.arange(17)[:, None] * 4 + torch.arange(23) * 3
        noise = torch.randint(-9, 10, (channels, 17, 23), generator=torch.Generator().manual_seed(0))
        return (slope + noise).clamp(0, 255).byte()

    return image
