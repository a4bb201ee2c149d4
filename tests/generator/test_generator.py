import pytest
import torch

from mtlue import Categorical
from mtlue.generator import Generator, GeneratorConfig
from mtlue.generator.generator import STRUCTURES

TASKS = (Categorical("a", ("x", "y", "z")), Categorical("b", ("p", "q")))
LABELS = {"a": torch.tensor([0, -1]), "b": torch.tensor([1, 0])}


@pytest.mark.parametrize("structure", list(STRUCTURES))
@pytest.mark.parametrize("bounding", ["tanh", "clamp"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(8, 8), (9, 13), (32, 20), (35, 35)])
def test_any_size_and_channels(structure: str, bounding: str, channels: int, size: tuple[int, int]) -> None:
    config = GeneratorConfig(structure=structure, bounding=bounding, base_grid=(4, 4))
    generator = Generator(config, TASKS, channels)
    delta = generator(torch.rand(2, channels, *size), LABELS, 8 / 255)
    assert delta.shape == (2, channels, *size)
    assert delta.abs().max() <= 8 / 255 + 1e-7
    assert delta.abs().max() > 0


@pytest.mark.parametrize("structure", list(STRUCTURES))
def test_the_perturbation_depends_on_the_label_and_on_the_image(structure: str) -> None:
    generator = Generator(GeneratorConfig(structure=structure).resolved((16, 16)), TASKS, 3).eval()
    images = torch.rand(2, 3, 16, 16)
    same = images[:1].expand(2, -1, -1, -1)
    labels = {"a": torch.tensor([0, 1]), "b": torch.tensor([1, 1])}
    equal = {"a": torch.tensor([0, 0]), "b": torch.tensor([1, 1])}
    by_label = generator(same, labels, 8 / 255)
    by_image = generator(images, equal, 8 / 255)
    assert (by_label[0] - by_label[1]).abs().max() > 1e-4
    assert (by_image[0] - by_image[1]).abs().max() > 1e-4


@pytest.mark.parametrize("structure", list(STRUCTURES))
def test_every_parameter_gets_a_gradient(structure: str) -> None:
    generator = Generator(GeneratorConfig(structure=structure, bounding="tanh").resolved((16, 16)), TASKS, 3)
    generator(torch.rand(2, 3, 16, 16), LABELS, 8 / 255).square().sum().backward()
    assert all(parameter.grad is not None for parameter in generator.parameters())


def test_light_costs_little_beside_published() -> None:
    """Parameters stand in for time here; the seconds are in benchmarks/RESULTS.md."""
    tasks = [Categorical(f"attribute {i}", ("no", "yes")) for i in range(40)]
    sizes = {
        name: sum(
            p.numel()
            for p in Generator(
                GeneratorConfig(structure=name, base_grid=(1, 1), bounding="tanh"), tasks, 3
            ).parameters()
        )
        for name in STRUCTURES
    }
    assert sizes["light"] * 6 < sizes["published"]
