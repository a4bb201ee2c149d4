"""Countermeasures that need nothing, against other libraries or their definitions written out plainly."""

import io
from collections.abc import Callable

import numpy as np
import pytest
import scipy.ndimage
import torch
from countering import batch_of, generator, seen, smooth_images
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps
from torch import Tensor

from conftest import random_dataset
from mtlue import InputError
from mtlue.bounds import to_float
from mtlue.evaluation.attacks.plain import PLAIN
from mtlue.evaluation.countermeasures import COUNTERMEASURES, canonical, create
from mtlue.models import MultiTaskModel

Levels = NDArray[np.float64]
Definition = Callable[[NDArray[np.uint8]], NDArray[np.generic]]


def picture(image: NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(image.transpose(1, 2, 0).squeeze())


def array(read: Image.Image) -> NDArray[np.uint8]:
    return np.atleast_3d(np.asarray(read)).transpose(2, 0, 1)


def webp(quality: int) -> Definition:
    def compressed(image: NDArray[np.uint8]) -> NDArray[np.generic]:
        buffer = io.BytesIO()
        picture(image).convert("RGB").save(buffer, "WEBP", quality=quality, lossless=False)
        decoded = array(Image.open(buffer))  # in colour, even where the image was grey
        return decoded if len(image) == 3 else np.einsum("c,chw->hw", [0.299, 0.587, 0.114], decoded)[None]

    return compressed


def thumbnail(scale: float) -> Definition:
    def resized(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        large = picture(image)
        small = large.resize((round(scale * large.width), round(scale * large.height)), Image.Resampling.BILINEAR)
        return array(small.resize(large.size, Image.Resampling.BILINEAR))

    return resized


def windows(image: NDArray[np.uint8], size: int) -> Levels:
    """Every pixel's window: [C, H, W, size, size]."""
    reach = size // 2
    wider = np.pad(image, ((0, 0), (reach, reach), (reach, reach)), mode="edge")
    return sliding_window_view(wider, (size, size), axis=(1, 2)).astype(float)


def gaussian(sigma: float) -> Definition:
    return lambda image: scipy.ndimage.gaussian_filter(
        image.astype(float), (0, sigma, sigma), mode="mirror", truncate=3
    )


def lowest_cosines(share: float) -> Definition:
    def projection(side: int) -> Levels:
        """Onto the lowest cosines of a row of ``side`` pixels, which are orthonormal."""
        order, place = np.arange(int(share * side))[:, None], np.arange(side)
        waves = np.cos(np.pi * (2 * place + 1) * order / (2 * side)) * np.sqrt(2 / side)
        waves[0] /= np.sqrt(2)
        return np.asarray(waves.T @ waves)

    return lambda image: np.clip(projection(image.shape[1]) @ image @ projection(image.shape[2]), 0, 255)


def sharpened(image: NDArray[np.uint8]) -> Levels:
    kernel = np.array([[0, -0.375, 0], [-0.375, 2.5, -0.375], [0, -0.375, 0]])
    filtered: Levels = scipy.ndimage.correlate(image.astype(float), kernel[None], mode="nearest")
    return filtered.clip(0, 255)


def standardised(image: NDArray[np.uint8]) -> Levels:
    channels = np.stack([(channel - channel.mean()) / channel.std() for channel in image.astype(float)])
    return np.asarray((channels - channels.min()) / (channels.max() - channels.min()) * 255)


def bilateral(size: int, space: float, colour: float) -> Definition:
    """Pixel by pixel."""

    def filtered(image: NDArray[np.uint8]) -> Levels:
        result, (_, height, width), reach = image.astype(float), image.shape, size // 2
        for row, column in np.ndindex(height, width):
            own, total, weights = image[:, row, column].astype(float), np.zeros(len(image)), 0.0
            for down, right in np.ndindex(size, size):
                at = np.clip(row + down - reach, 0, height - 1), np.clip(column + right - reach, 0, width - 1)
                near = (down - reach) ** 2 + (right - reach) ** 2
                alike = ((image[:, at[0], at[1]] - own) ** 2).sum()
                weight = np.exp(-near / (2 * space**2) - alike / (2 * colour**2))
                total, weights = total + weight * image[:, at[0], at[1]], weights + weight
            result[:, row, column] = total / weights
        return result

    return filtered


EXPECTED: dict[str, tuple[Definition, float]] = {  # what it makes of an image; tolerance in levels
    "webp10": (webp(10), 0.51),
    "webp50": (webp(50), 0.51),
    "bits3": (lambda image: image & 0b11100000, 0),
    "half": (thumbnail(0.5), 2),  # both round twice
    "quarter": (thumbnail(0.25), 2),
    "blur1": (gaussian(1), 0.51),
    "blur2": (gaussian(2), 0.51),
    "mean3": (lambda image: windows(image, 3).mean((3, 4)), 0.5),
    "mean:size=5": (lambda image: windows(image, 5).mean((3, 4)), 0.5),
    "median3": (lambda image: np.median(windows(image, 3), (3, 4)), 0),
    "median:size=5": (lambda image: np.median(windows(image, 5), (3, 4)), 0),
    "bilateral:size=3,space=1,colour=20": (bilateral(3, 1, 20), 0.51),
    "bilateral": (bilateral(5, 2, 25), 0.51),
    "gaussian-noise:sigma=0": (lambda image: image, 0),
    "low-pass": (lowest_cosines(0.3), 0.51),
    "low-pass:share=1": (lambda image: image, 0),
    "sharpen:sigma=0": (sharpened, 0.51),
    "coin:reach=0": (lambda image: image, 0),
    "standardise": (standardised, 0.51),
    "equalise": (lambda image: array(ImageOps.equalize(picture(image))), 0),
    "gamma": (lambda image: (image / 255) ** 2 * 255, 1),
    "gamma:gamma=0.5": (lambda image: (image / 255) ** 0.5 * 255, 1),
    "contrast": (lambda image: array(ImageEnhance.Contrast(picture(image)).enhance(2)), 2),
}


def treated(name: str, images: Tensor) -> Tensor:
    """Test images, in levels, as what draws at random treats them."""
    return create(name).prepare_test(batch_of(images)).double()


def disturbed(name: str, images: Tensor) -> Tensor:
    """Training images, in levels, as what draws at random shows them at a step."""
    data = random_dataset(2)
    model = MultiTaskModel("tiny", data.tasks, 3, (16, 16))
    return seen(create(name).disturb(model, batch_of(to_float(images)), generator())).double() * 255


Side = Callable[[str, Tensor], Tensor]
SIDES: list[Side] = [treated, disturbed]


def textured(channels: int, sides: tuple[int, int] = (17, 23)) -> Tensor:
    """Images that look like images, with noise: uint8 [3, channels, H, W]."""
    smooth = smooth_images(channels, sides=sides).float()
    return (smooth + 10 * torch.randn(smooth.shape, generator=generator(1))).clamp(0, 255).byte()


@pytest.mark.parametrize("channels", [3, 1])
@pytest.mark.parametrize("name", list(EXPECTED))
def test_images_become_what_the_definition_says(name: str, channels: int) -> None:
    images = textured(channels, (13, 11) if "bilateral" in name else (17, 23))
    prepared = create(name).prepare_test(batch_of(images))
    expected, tolerance = EXPECTED[name]
    for before, after in zip(images.numpy(), prepared.numpy(), strict=True):
        assert np.abs(after - expected(before).astype(float)).max() <= tolerance


def test_several_passes_of_a_bilateral_filter_are_one_after_another() -> None:
    images = textured(3)
    once = create("bilateral").prepare(batch_of(images))
    twice = create("bilateral").prepare(batch_of(once))
    passes = create("bilateral:passes=2").prepare(batch_of(images))
    assert (passes.int() - twice.int()).abs().max() <= 1  # rounded once


@pytest.mark.parametrize("name", ["jpeg", "webp"])
def test_a_lower_quality_takes_more_away(name: str) -> None:
    images = textured(3, (64, 72))  # large enough for threads
    errors = [
        (create(f"{name}:quality={quality}").prepare(batch_of(images)).float() - images.float()).abs().mean()
        for quality in (90, 75, 50, 30, 10)
    ]
    assert errors == sorted(errors)
    assert errors[0] > 0


@pytest.mark.parametrize("name", ["noise8", "sharpen", "coin"])
def test_draws_of_test_images_belong_to_the_id(name: str) -> None:
    same = textured(3)[:1].repeat(2, 1, 1, 1)
    first, second = create(name).prepare_test(batch_of(same, ["a", "b"]))
    again = create(name).prepare_test(batch_of(same[:1], ["b"]))[0]
    assert torch.equal(second, again)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("side", SIDES)
def test_noise_is_normal(side: Side) -> None:
    grey = torch.full((4, 3, 32, 32), 128, dtype=torch.uint8)
    noise = side("noise8", grey) - 128
    assert abs(noise.mean()) < 0.3
    assert noise.std() == pytest.approx(8, rel=0.03)
    assert (noise.abs() < 8).double().mean() == pytest.approx(0.665, abs=0.03)  # 0.683; 0.65 where levels are whole


@pytest.mark.parametrize("side", SIDES)
def test_noise_of_channels_pixels_and_images_is_independent(side: Side) -> None:
    grey = torch.full((4, 3, 32, 32), 128, dtype=torch.uint8)
    noise = side("noise8", grey) - 128
    correlations = torch.corrcoef(noise.reshape(12, -1)) - torch.eye(12)
    assert correlations.abs().max() < 0.15


@pytest.mark.parametrize("side", SIDES)
def test_sharpening_kernels_are_drawn_as_in_the_paper(side: Side) -> None:
    faint = (128 + 5 * torch.randn(200, 3, 16, 16, generator=generator())).byte()
    sharper = side("sharpen", faint).numpy()
    kernels = []
    for before, after in zip(faint.numpy(), sharper, strict=True):
        around = np.insert(windows(before, 3).reshape(-1, 9), 9, 1, axis=1)
        kernels.append(np.linalg.lstsq(around, after.ravel(), rcond=None)[0][:9])  # least squares gives it back
    corners, centres, neighbours = (np.array(kernels)[:, places] for places in ([0, 2, 6, 8], [4], [1, 3, 5, 7]))
    assert np.abs(corners).max() < 0.02
    assert centres.mean() == pytest.approx(2.5, abs=0.03)
    assert centres.std() == pytest.approx(0.1, abs=0.02)
    assert neighbours.mean() == pytest.approx(-0.375, abs=0.02)
    assert (neighbours + (centres - 1) / 4).std() == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("side", SIDES)
def test_pixels_move_uniformly_and_the_same_way_in_all_channels(side: Side) -> None:
    row, column = torch.meshgrid(torch.arange(32), torch.arange(32), indexing="ij")
    ramps = torch.stack([7 * column, 7 * row, 3 * column + 4 * row]).byte().expand(4, 3, 32, 32)
    moved = side("coin", ramps)[:, :, 2:-2, 2:-2]  # bilinear reads ramps exactly
    right, down = moved[:, 0] / 7 - column[2:-2, 2:-2], moved[:, 1] / 7 - row[2:-2, 2:-2]
    for move in (right, down):
        assert move.abs().max() <= 2 + 0.5 / 7
        assert abs(move.mean()) < 0.06
        assert move.std() == pytest.approx(2 / 3**0.5, rel=0.03)
        assert (move.abs() < 6.5 / 7).double().mean() == pytest.approx(6.5 / 14, abs=0.02)
    assert abs(torch.corrcoef(torch.stack([right.flatten(), down.flatten()]))[0, 1]) < 0.06
    assert (3 * moved[:, 0] / 7 + 4 * moved[:, 1] / 7 - moved[:, 2]).abs().max() <= 1.01


@pytest.mark.parametrize("name", list(COUNTERMEASURES))
@pytest.mark.parametrize("level", [0, 77, 255])
def test_flat_images_do_no_harm(name: str, level: int) -> None:
    countermeasure = create(name)
    if countermeasure.needs == "nothing":
        flat = torch.full((1, 3, 9, 7), level, dtype=torch.uint8)
        assert countermeasure.prepare_test(batch_of(flat)).shape == flat.shape


@pytest.mark.parametrize("name", ["half", "quarter", "blur2", "mean3", "median3", "bilateral", "low-pass", "coin"])
def test_filters_leave_flat_images_alone(name: str) -> None:
    flat = torch.full((2, 3, 9, 7), 77, dtype=torch.uint8)
    assert torch.equal(create(name).prepare_test(batch_of(flat)), flat)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("webp:quality=101", "quality 101: give 0 to 100"),
        ("resize:scale=0", "scale 0.0: give 0.1 or more"),
        ("resize:scale=2", "scale 2.0: give 1 at most"),
        ("blur:sigma=-1", "sigma -1.0: give 0 or more"),
        ("mean:size=4", "size 4: give an odd number"),
        ("median:size=1", "size 1: give 3 or more"),
        ("bilateral:size=2", "size 2: give 3 or more"),
        ("bilateral:colour=0", "colour 0.0: give 0.01 or more"),
        ("gaussian-noise:sigma=256", "sigma 256.0: give 255 at most"),
        ("low-pass:share=0", "share 0.0: give 0.01 or more"),
        ("sharpen:centre=0", "centre 0.0: give 1 or more"),
        ("coin:reach=nan", "reach nan: give 0 or more"),
        ("gamma:gamma=0", "gamma 0.0: give 0.01 or more"),
        ("contrast:factor=-1", "factor -1.0: give 0 or more"),
        ("equalise:a=1", "there is no setting 'a'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        canonical(text)


def test_every_countermeasure_that_needs_nothing_is_an_attack() -> None:
    tried = {part.partition(":")[0] for attack in PLAIN for part in attack.countermeasure.split("+")}
    tried |= {COUNTERMEASURES.choice(part).name for part in tried}
    assert {name for name in COUNTERMEASURES.rows if create(name).needs == "nothing"} <= tried
    assert all(attack.needs == "nothing" and create(attack.countermeasure).needs == "nothing" for attack in PLAIN)


def test_attacks_are_named_once_and_ranked_once() -> None:
    for values in ([attack.name for attack in PLAIN], [a.rank for a in PLAIN], [a.title for a in PLAIN]):
        assert len(set(values)) == len(values)
    assert all(canonical(attack.countermeasure) == attack.countermeasure for attack in PLAIN)
