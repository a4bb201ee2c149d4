"""An attacker's own networks: shapes, what they count, and how they are trained, kept and applied."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm
from torch import Tensor, nn

from mtlue import InputError, Runtime
from mtlue.networks.autoencoder import LATENT, Autoencoder, divergence
from mtlue.networks.fitting import applied, descend, kept
from mtlue.networks.unet import ResidualUNet

SHAPES = [(1, 16, 16), (3, 17, 23), (3, 5, 40)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_unet_starts_by_adding_nothing_and_can_learn_everything(shape: tuple[int, int, int]) -> None:
    network, images = ResidualUNet(shape[0], width=2), torch.rand(2, *shape)
    assert torch.equal(network(images), torch.zeros_like(images))
    nn.init.normal_(network.last.weight)
    added = network(images)
    assert added.shape == images.shape
    added.square().sum().backward()
    assert all(parameter.grad is not None and bool(parameter.grad.any()) for parameter in network.parameters())


def test_a_unet_sees_far() -> None:
    """A pixel is felt further away than one convolution of each size reaches, and at the whole size exactly."""
    network, image = ResidualUNet(1, width=2), torch.rand(1, 1, 64, 64)
    nn.init.normal_(network.last.weight)
    changed = image.clone()
    changed[..., 32, 32] += 0.5
    felt = (network(changed) - network(image))[0, 0].abs() > 0
    assert felt[32, 32]
    assert felt[32].sum() > 5


@pytest.mark.parametrize("shape", SHAPES)
def test_an_autoencoder_counts_bits_per_pixel(shape: tuple[int, int, int]) -> None:
    network, images = Autoencoder(shape[0]).eval(), torch.rand(2, *shape)
    made = network(images)
    assert made.images.shape == images.shape
    assert torch.equal(network(images).images, made.images)
    with torch.no_grad():
        weight, bias = network.encoder[-1].parameters()
        weight.zero_()
        bias[:LATENT], bias[LATENT:] = 1, 0  # every latent: mean 1, variance 1
    latents = LATENT * math.ceil(shape[1] / 4) * math.ceil(shape[2] / 4)
    expected = latents * 0.5 / math.log(2) / (shape[1] * shape[2])
    assert network(images).rate.tolist() == pytest.approx([expected] * 2)
    network.train()
    assert not torch.equal(network(images).images, network(images).images)


def test_the_divergence_is_the_integral() -> None:
    mean, log_variance = torch.tensor([[0.7, -1.2]]), torch.tensor([[-0.4, 0.9]])
    expected = 0.0
    for m, v in zip(mean[0].tolist(), log_variance[0].tolist(), strict=True):
        p = norm(m, math.exp(v / 2))
        expected += quad(lambda x, p=p: p.pdf(x) * (p.logpdf(x) - norm.logpdf(x)), -20, 20)[0]
    assert divergence(mean, log_variance).tolist() == pytest.approx([expected], rel=1e-5)


def slope(network: nn.Module, batch: Tensor) -> Tensor:
    error: Tensor = (network(batch) - 3 * batch - 1).square().mean()
    return error


def test_descent_finds_a_line_and_takes_as_many_batches_as_steps() -> None:
    taken = 0

    def batches() -> Iterator[Tensor]:
        nonlocal taken
        while True:
            taken += 1
            yield torch.linspace(-1, 1, 8)[:, None]

    line = nn.Linear(1, 1)
    descend(line, batches(), slope, 300, 0.1, Runtime("cpu"), "line")
    assert taken == 300
    assert not line.training
    assert [line.weight.item(), line.bias.item()] == pytest.approx([3, 1], abs=0.01)


def test_a_network_that_diverges_is_refused() -> None:
    batches = iter(lambda: torch.linspace(-1, 1, 8)[:, None], None)
    with pytest.raises(InputError, match="line: the training diverged: its loss is "):
        descend(
            *(nn.Linear(1, 1), batches, lambda line, x: line(x).square().mean(), 5, 1e30, Runtime("cpu"), "line"),
        )


def test_weights_are_kept_and_damage_is_said(tmp_path: Path) -> None:
    file, trained = tmp_path / "line.safetensors", []
    first, second = nn.Linear(1, 1), nn.Linear(1, 1)
    for line in (first, second):
        kept(line, file, lambda line=line: trained.append(line))  # type: ignore[misc]
    assert trained == [first]
    assert torch.equal(first.weight, second.weight)
    assert not second.training
    kept(nn.Linear(1, 1), None, lambda: trained.append(second))
    assert len(trained) == 2
    with pytest.raises(InputError, match=r"line.safetensors.*another version.*delete it"):
        kept(nn.Linear(2, 1), file, lambda: None)


def test_a_network_is_applied_in_parts_clipped_and_rounded() -> None:
    images = torch.randint(256, (5, 1, 700, 600), dtype=torch.uint8)
    sizes = []

    def brighter(part: Tensor) -> Tensor:
        sizes.append(len(part))
        return part * 1.5 - 0.2

    changed = applied(brighter, images, torch.device("cpu"))
    expected = np.clip(np.round(images.numpy() * 1.5 - 51), 0, 255)
    assert np.abs(changed.numpy().astype(int) - expected).max() <= 1
    assert changed.dtype == torch.uint8
    assert sizes == [2, 2, 1]
