"""Purification by a diffusion model: a toy one against DDPM's equations, and what is said where something is missing.

Where diffusers is not installed, what needs it is skipped.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from countering import attacker_of, batch_of, smooth_images
from torch import Tensor

from mtlue import InputError
from mtlue.evaluation.attacks import find_attack
from mtlue.evaluation.countermeasures import Countermeasure, canonical, create
from mtlue.evaluation.countermeasures.draws import image_generator

needs_diffusers = pytest.mark.skipif(
    importlib.util.find_spec("diffusers") is None, reason="diffusers is not installed: pip install 'mtlue[purify]'"
)
STEPS = 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy pipeline for images of 16x16 pixels, of random weights."""
    import diffusers

    torch.manual_seed(0)
    unet = diffusers.UNet2DModel(
        sample_size=16,
        block_out_channels=(8, 8),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    )
    place = tmp_path_factory.mktemp("toy") / "pipeline"
    diffusers.DDPMPipeline(unet, diffusers.DDPMScheduler(num_train_timesteps=STEPS)).save_pretrained(place)
    return place


def purification(folder: Path, settings: str = "strength=0.2") -> Countermeasure:
    countermeasure = create(f"diffusion:model={folder},{settings}")
    countermeasure.fit(attacker_of())
    return countermeasure


@torch.no_grad()
def by_equations(folder: Path, image: Tensor, identifier: str, times: list[int]) -> Tensor:
    """Ho et al., 2020: equation 4 there, equations 7 and 15 back, step by step."""
    import diffusers

    unet: Any = diffusers.UNet2DModel.from_pretrained(folder / "unet").eval()
    kept = torch.cumprod(1 - torch.linspace(1e-4, 0.02, STEPS), 0)
    draw = image_generator(identifier, "diffusion")
    x = image[None] / 255 * 2 - 1
    x = kept[times[0]].sqrt() * x + (1 - kept[times[0]]).sqrt() * torch.randn(x.shape[1:], generator=draw)
    for position, time in enumerate(times):
        clean = ((x - (1 - kept[time]).sqrt() * unet(x, time).sample) / kept[time].sqrt()).clamp(-1, 1)
        if time == 0:
            made: Tensor = ((clean[0] + 1) / 2 * 255).clamp(0, 255)
            return made
        before = kept[times[position + 1]]
        beta = 1 - kept[time] / before
        x = (before.sqrt() * beta * clean + (1 - beta).sqrt() * (1 - before) * x) / (1 - kept[time])
        deviation = ((1 - before) / (1 - kept[time]) * beta).sqrt()
        x = x + deviation * torch.randn(x.shape, generator=draw)
    raise AssertionError


@needs_diffusers
@pytest.mark.parametrize(("settings", "times"), [("strength=0.2", [3, 2, 1, 0]), ("strength=0.5,steps=3", [9, 4, 0])])
def test_images_become_what_the_equations_say(folder: Path, settings: str, times: list[int]) -> None:
    images = smooth_images(count=2, sides=(16, 16))
    made = purification(folder, settings).prepare(batch_of(images))
    for i in range(2):
        assert (made[i] - by_equations(folder, images[i], f"{i}", times)).abs().max() <= 0.51


@needs_diffusers
@pytest.mark.parametrize(("channels", "sides"), [(3, (16, 16)), (1, (16, 16)), (3, (17, 23))])
def test_images_keep_their_shape_and_do_not_depend_on_the_batch(
    folder: Path, channels: int, sides: tuple[int, int]
) -> None:
    purifier, images = purification(folder), smooth_images(channels, count=18, sides=sides)
    state = torch.get_rng_state()
    made = purifier.prepare(batch_of(images))
    assert torch.equal(torch.get_rng_state(), state)
    assert (made.dtype, made.shape) == (torch.uint8, images.shape)
    alone = purifier.prepare(batch_of(images[17:], ["17"]))
    assert (alone.int() - made[17:].int()).abs().max() <= 1


@needs_diffusers
def test_weights_are_never_unpickled(folder: Path, tmp_path: Path) -> None:
    import shutil

    other = tmp_path / "pickled"
    shutil.copytree(folder, other)
    (weights,) = other.glob("unet/*.safetensors")
    torch.save({}, weights.with_suffix(".bin"))
    weights.unlink()
    with pytest.raises(InputError, match=r"diffusion model '.*pickled' cannot be used"):
        purification(other)


@needs_diffusers
def test_a_folder_that_is_not_a_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be used .*saved with safetensors"):
        purification(tmp_path)


def test_without_a_model_it_says_how_to_give_one() -> None:
    with pytest.raises(InputError, match="give model=FOLDER"):
        create("diffusion").fit(attacker_of())
    assert find_attack("diffusion").needs == create("diffusion").needs == "a large model"


def test_without_diffusers_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(InputError, match=r"pip install 'mtlue\[purify\]'"):
        create("diffusion:model=anywhere").fit(attacker_of())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("diffusion:strength=0", "strength 0: nothing would happen"),
        ("diffusion:strength=2", "strength 2.0: give 1 at most"),
        ("diffusion:steps=0", "steps 0: give 1 or more"),
    ],
)
def test_settings_that_mean_nothing_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        canonical(text)
