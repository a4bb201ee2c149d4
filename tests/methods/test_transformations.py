"""What a perturbation may have to survive: each transformation, and the mixture that a step draws from."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_image
from torch import Tensor
from torchvision.transforms.v2.functional import posterize

from mtlue import InputError
from mtlue.methods.transformations import TRANSFORMATIONS, build_chain
from mtlue.methods.transformations.jpeg import compressed
from mtlue.methods.transformations.mixture import TransformationMixture
from mtlue.training.parts import BatchPart

SHAPES = [(4, 3, 16, 16), (2, 1, 9, 40), (1, 3, 8, 8), (2, 3, 17, 23)]


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photo(side: int = 64) -> Tensor:
    """uint8 [1, 3, side, side]."""
    pixels = load_sample_image("flower.jpg")[100 : 100 + side, 200 : 200 + side]
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None]


@pytest.mark.parametrize("name", list(TRANSFORMATIONS))
@pytest.mark.parametrize("shape", SHAPES)
def test_keep_shape_and_bounds_and_pass_gradients(name: str, shape: tuple[int, ...]) -> None:
    (transformation,) = build_chain(name)
    images = torch.rand(shape, generator=stream()).requires_grad_()
    for seed in range(5):
        changed = transformation(images, stream(seed))
        assert changed.shape == images.shape
        assert changed.min() >= -1e-6
        assert changed.max() <= 1 + 1e-6
        assert torch.equal(changed, transformation(images, stream(seed)))
        (gradient,) = torch.autograd.grad(changed.square().sum(), images)
        assert gradient.abs().sum() > 0


@pytest.mark.parametrize("name", ["blur", "resize", "jpeg:low=10,high=20"])
def test_take_fine_patterns_and_leave_flat_images(name: str) -> None:
    checks = (torch.arange(16)[:, None] + torch.arange(16)) % 2
    flat, fine = torch.full((1, 1, 16, 16), 128 / 255), 0.5 + 0.03 * checks.float()[None, None]
    (transformation,) = build_chain(name)
    variances = [float(transformation(fine, stream(seed)).var()) for seed in range(8)]
    assert min(variances) < 0.5 * float(fine.var())
    assert all(torch.allclose(transformation(flat, stream(seed)), flat, atol=1e-6) for seed in range(8))


def test_grey_is_luminance_in_every_channel_and_leaves_what_has_no_colours() -> None:
    (grey,) = build_chain("grey")
    images = torch.rand(2, 3, 5, 7, generator=stream())
    red, green, blue = images.unbind(1)
    changed = grey(images, stream())
    torch.testing.assert_close(changed[:, 1], 0.2989 * red + 0.587 * green + 0.114 * blue)
    assert torch.equal(changed[:, 0], changed[:, 2])
    assert torch.equal(grey(images[:, :1], stream()), images[:, :1])


@pytest.mark.parametrize("depth", [1, 2, 3, 8])
def test_bits_are_the_highest_ones(depth: int) -> None:
    (bits,) = build_chain(f"bits:depth={depth},most={depth}")
    levels = photo()
    assert torch.equal((bits(levels / 255, stream()) * 255).round().byte(), posterize(levels, depth))


@pytest.mark.parametrize("quality", [10, 30, 50, 75, 90, 100])
def test_jpeg_gives_what_an_encoder_and_a_decoder_give(quality: int) -> None:
    levels, buffer = photo(), io.BytesIO()
    Image.fromarray(levels[0].permute(1, 2, 0).numpy()).save(buffer, "JPEG", quality=quality)
    decoded = torch.from_numpy(np.array(Image.open(buffer))).permute(2, 0, 1).float()
    ours = compressed(levels / 255, quality)[0] * 255
    # they round to whole levels on the way, and differ where a coefficient lies between two steps
    assert (ours - decoded).abs().mean() < 1.2
    assert (ours - decoded).abs().mean() < 0.3 * (levels[0].float() - decoded).abs().mean()


def test_jpeg_of_grey_images_is_an_encoders() -> None:
    levels, buffer = photo()[0, 1], io.BytesIO()
    Image.fromarray(levels.numpy()).save(buffer, "JPEG", quality=30)
    decoded = torch.from_numpy(np.array(Image.open(buffer))).float()
    assert (compressed(levels[None, None] / 255, 30)[0, 0] * 255 - decoded).abs().mean() < 0.6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("blurr", r"unknown transformation 'blurr'.*blur"),
        ("grey+jpg", r"unknown transformation 'jpg'.*jpeg"),
        ("blur:sigma=-1", "sigma -1.*give 0 or more"),
        ("blur:width=2", "unknown setting 'width'"),
        ("resize:scale=0", "scale 0.*give 0.1 or more"),
        ("resize:scale=2", "scale 2.*give 1 at most"),
        ("jpeg:low=80", "high 75.*give 80 or more"),
        ("jpeg:high=101", "high 101.*give 100 at most"),
        ("bits:depth=5", "most 4.*give 5 or more"),
    ],
)
def test_what_is_not_there_or_means_nothing_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        build_chain(text)


def test_a_mixture_leaves_some_images_and_changes_the_others_by_one_of_its_chains() -> None:
    images = torch.rand(400, 3, 8, 8, generator=stream())
    mixture = TransformationMixture.of(["grey", "bits:depth=1,most=1"], 0.5)
    changed = mixture(images, stream(1))
    (grey,), (bits,) = build_chain("grey"), build_chain("bits:depth=1,most=1")
    kinds = torch.stack(
        [(changed == of).flatten(1).all(1) for of in (images, grey(images, stream()), bits(images, stream()))]
    )
    assert kinds.sum(0).eq(1).all()
    assert (kinds.float().mean(1) - torch.tensor([0.5, 0.25, 0.25])).abs().max() < 0.08


def test_a_row_gets_the_same_in_any_part_of_its_batch() -> None:
    images = torch.rand(9, 3, 8, 8, generator=stream())
    mixture = TransformationMixture.of(["grey", "jpeg", "resize+blur"], 0.8)
    whole = mixture(images, stream(3))
    for rows in (slice(0, 1), slice(1, 4), slice(4, 9)):
        torch.testing.assert_close(mixture(images[rows], stream(3), BatchPart(rows, 9)), whole[rows])


def test_a_mixture_of_nothing_draws_nothing() -> None:
    images, draw = torch.rand(3, 3, 8, 8, generator=stream()), stream(5)
    for mixture in (TransformationMixture(), TransformationMixture.of(["grey"], 0)):
        assert not mixture
        assert mixture(images, draw) is images
    assert torch.equal(draw.get_state(), stream(5).get_state())
