import math

import pytest
import torch
import torch.nn.functional as F

from _runtime import cpu_or_chosen, there
from mtlue import Categorical, Regression
from mtlue.errors import InputError
from mtlue.generator import Generator, GeneratorConfig
from mtlue.generator.config import Bounding, StructureName
from mtlue.generator.dense_embeddings import DenseEmbeddings
from mtlue.generator.generator import BOUNDS, STRUCTURES
from mtlue.tasks import Depth, Normals, Segmentation, Task

TASKS = (Categorical("a", ("x", "y", "z")), Categorical("b", ("p", "q")))
LABELS = {"a": torch.tensor([0, -1]), "b": torch.tensor([1, 0])}


@pytest.mark.parametrize("structure", list(STRUCTURES))
@pytest.mark.parametrize("bounding", list(BOUNDS))
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(8, 8), (9, 13), (32, 20), (35, 35)])
def test_any_size_and_channels(
    structure: StructureName, bounding: Bounding, channels: int, size: tuple[int, int]
) -> None:
    config = GeneratorConfig(structure=structure, bounding=bounding, base_grid=(4, 4))
    generator = Generator(config, TASKS, channels).to(cpu_or_chosen().device)
    labels = {name: there(label) for name, label in LABELS.items()}
    delta = generator(there(torch.rand(2, channels, *size)), labels, 8 / 255)
    assert delta.shape == (2, channels, *size)
    assert delta.abs().max() <= 8 / 255 + 1e-7
    assert delta.abs().max() > 0


@pytest.mark.parametrize("structure", list(STRUCTURES))
def test_the_perturbation_depends_on_the_label_and_on_the_image(structure: StructureName) -> None:
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
def test_every_parameter_gets_a_gradient(structure: StructureName) -> None:
    generator = Generator(GeneratorConfig(structure=structure, bounding="tanh").resolved((16, 16)), TASKS, 3)
    generator(torch.rand(2, 3, 16, 16), LABELS, 8 / 255).square().sum().backward()
    assert all(parameter.grad is not None for parameter in generator.parameters())


MIXED = (
    Categorical("a", ("x", "y", "z")),
    Regression("n", 0.0, 2.0),
    Segmentation("s", ("p", "q", "r")),
    Depth("d"),
    Normals("v"),
)


def mixed_labels(size: tuple[int, int]) -> dict[str, torch.Tensor]:
    return {
        "a": torch.tensor([0, -1]),
        "n": torch.tensor([0.5, float("nan")]),
        "s": torch.randint(-1, 3, (2, *size)),
        "d": torch.rand(2, *size) * 5,
        "v": torch.nn.functional.normalize(torch.randn(2, 3, *size), dim=1),
    }


@pytest.mark.parametrize("structure", list(STRUCTURES))
@pytest.mark.parametrize("size", [(8, 8), (9, 13), (32, 20)])
@pytest.mark.parametrize("tasks", [MIXED, MIXED[2:], MIXED[2:3]], ids=["mixed", "dense", "one dense"])
def test_any_mix_of_tasks(structure: StructureName, size: tuple[int, int], tasks: tuple[Task, ...]) -> None:
    generator = Generator(GeneratorConfig(structure=structure, bounding="tanh").resolved(size), tasks, 3)
    labels = {name: there(label) for name, label in mixed_labels(size).items()}
    delta = generator.to(cpu_or_chosen().device)(there(torch.rand(2, 3, *size)), labels, 8 / 255)
    assert delta.shape == (2, 3, *size)
    assert delta.abs().max() <= 8 / 255 + 1e-7
    delta.square().sum().backward()
    without = [name for name, parameter in generator.named_parameters() if parameter.grad is None]
    assert without == ([] if tasks is MIXED else ["embeddings.table"])


@pytest.mark.parametrize("structure", list(STRUCTURES))
def test_the_perturbation_of_a_place_depends_on_the_labels_of_its_pixels(structure: StructureName) -> None:
    torch.manual_seed(0)
    generator = Generator(GeneratorConfig(structure=structure).resolved((32, 32)), MIXED, 3).eval()
    images, labels = torch.rand(2, 3, 32, 32), mixed_labels((32, 32))
    before = generator(images, labels, 8 / 255)
    for name in ("s", "d", "v"):
        changed = {**labels, name: labels[name].clone()}
        changed[name][..., 16, 16] = 0 if int(labels["s"][0, 16, 16]) else 1
        difference = (generator(images, changed, 8 / 255) - before).abs()
        assert difference[..., 12:20, 12:20].max() > 4 * difference[..., :4, :4].max()


def test_a_common_shift_of_the_output_does_not_stop_the_gradient() -> None:
    assert GeneratorConfig().resolved((16, 16), MIXED).bounding == "standardised"
    assert GeneratorConfig().resolved((16, 16), TASKS).bounding == "tanh"
    output = torch.randn(2, 3, 16, 16)
    shifted = (output + 100).requires_grad_()
    delta = BOUNDS["standardised"](shifted, 8 / 255)
    torch.testing.assert_close(delta, BOUNDS["standardised"](output, 8 / 255), rtol=1e-3, atol=1e-5)
    delta.square().sum().backward()
    assert shifted.grad is not None
    assert shifted.grad.abs().max() > 1e-7


def test_what_a_structure_does_not_have_cannot_be_left_out() -> None:
    with pytest.raises(InputError, match="no linear path"):
        GeneratorConfig("published", use_linear=False)


@pytest.mark.parametrize("reduction", [2, 4])
def test_a_label_map_that_is_missing_is_as_one_without_labels(reduction: int) -> None:
    embeddings = DenseEmbeddings(MIXED[2:], 4, reduction)
    size = (4 * reduction, 4 * reduction)
    blank = {task.name: task.blank_labels(2, size) for task in MIXED[2:]}
    assert torch.equal(embeddings(blank)[0, :, 1:3, 1:3].flatten(1).std(1), torch.zeros(12))


@pytest.mark.parametrize("reduction", [2, 4])
@pytest.mark.parametrize("size", [(8, 8), (9, 13), (10, 7)])
def test_embeddings_of_label_maps_are_those_of_maps_with_unlabelled_pixels_around(
    reduction: int, size: tuple[int, int]
) -> None:
    """A plain twin: each block's anchors by slices, one convolution of them."""
    task = Segmentation("s", ("p", "q", "r"))
    embeddings = DenseEmbeddings([task], 5, reduction)
    label = torch.randint(-1, 3, (2, *size))
    grid = [math.ceil(side / reduction) for side in size]
    padded = torch.full((2, *(side * reduction for side in grid)), -1)
    padded[:, : size[0], : size[1]] = label
    anchors = torch.stack([padded == number for number in range(3)], dim=1).float()
    corners = [(down, across) for down in range(reduction) for across in range(reduction)]
    blocks = [anchors[:, :, down::reduction, across::reduction] for down, across in corners]
    stacked = torch.stack(blocks, dim=2).flatten(1, 2)
    weight = embeddings.get_parameter("patterns.0.1.weight")
    plain = F.conv2d(stacked, weight, padding=1)
    torch.testing.assert_close(embeddings({"s": label}), plain)
    assert embeddings({"s": label}).shape == (2, 5, *grid)


def test_light_costs_little_beside_published() -> None:
    """Parameters stand in for time here; the seconds are in docs/results."""
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


def test_without_chroma_all_channels_change_alike_and_one_channel_as_ever() -> None:
    images, labels = torch.rand(2, 3, 16, 16), {"a": torch.tensor([0, 2]), "b": torch.tensor([1, 0])}
    delta, less, grey = (
        _seeded(GeneratorConfig(bounding="tanh", chroma=chroma), 3)(images, labels, 8 / 255)
        for chroma in (1.0, 0.5, 0.0)
    )
    spread = [float((one - one.mean(1, keepdim=True)).detach().abs().mean()) for one in (delta, less, grey)]
    assert spread[0] > spread[1] > spread[2] == pytest.approx(0, abs=1e-7)
    single = [
        _seeded(GeneratorConfig(bounding="tanh", chroma=chroma), 1)(images[:, :1], labels, 8 / 255)
        for chroma in (1.0, 0.0)
    ]
    assert torch.equal(*single)


@pytest.mark.parametrize("chroma", [-0.1, 1.5, math.nan])
def test_chroma_is_a_share(chroma: float) -> None:
    with pytest.raises(InputError, match="chroma"):
        GeneratorConfig(chroma=chroma)


def _seeded(config: GeneratorConfig, channels: int) -> Generator:
    torch.manual_seed(0)
    return Generator(config.resolved((16, 16)), TASKS, channels).eval()
