"""LPIPS is measured where its network's weights lie in torch.hub's folder, and nothing is fetched or unpickled."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torchvision
from torch import Tensor
from torch.nn import functional as F
from torchmetrics.functional.image import lpips

from mtlue.fidelity import perceptual
from mtlue.fidelity.meter import FidelityMeter
from mtlue.fidelity.perceptual import BACKBONES, Perceptual, at_hand
from mtlue.fidelity.texts import image_columns, summary_rows, worst_rows
from mtlue.files import sha256

NETWORKS = {"lpips_alex": "alexnet", "lpips_squeeze": "squeezenet1_1"}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub/checkpoints"
    folder.mkdir(parents=True)
    return folder


def kept(hub: Path, measure: str, content: object, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is called as torchvision would call it."""
    made = hub / "made"
    torch.save(content, made)
    path = made.rename(hub / f"made-{sha256(made)[:8]}.pth")
    monkeypatch.setitem(BACKBONES, measure, replace(BACKBONES[measure], file=path.name))
    return path


def features(measure: str) -> torch.nn.Module:
    """A network of random weights; of AlexNet without its classifier, which is large and not looked at."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        if measure == "lpips_squeeze":
            made: torch.nn.Module = torchvision.models.squeezenet1_1().features
            return made
        with torch.device("meta"):
            made = torchvision.models.alexnet().features
        made = made.to_empty(device="cpu")
        for parameter in made.parameters():
            torch.nn.init.normal_(parameter, std=0.05)
        return made


def weights(network: torch.nn.Module) -> dict[str, Tensor]:
    return {f"features.{name}": tensor for name, tensor in network.state_dict().items()}


def images(count: int, side: int = 40) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(1)
    before = torch.randint(16, 240, (count, 3, side, side), dtype=torch.uint8, generator=draw)
    change = torch.randint(-8, 9, before.shape, generator=draw)
    return before, (before.int() + change).byte()


def by_hand(network: torch.nn.Module, measure: str, one: Tensor, other: Tensor) -> Tensor:
    """The paper's formula: unit features, squared differences, weighted over channels, averaged over places."""
    ends = {"lpips_alex": (1, 4, 7, 9, 11), "lpips_squeeze": (1, 4, 7, 9, 10, 11, 12)}[measure]
    folder = Path(lpips.__file__).parent / "lpips_models"
    learned = torch.load(folder / f"{BACKBONES[measure].net}.pth", map_location="cpu", weights_only=True)
    shift, scale = (torch.tensor(v)[:, None, None] for v in ((-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)))
    layers = []
    for picture in (one, other):
        x, found = (picture.float() / 127.5 - 1 - shift) / scale, []
        for number, layer in enumerate(list(network.children())[: ends[-1] + 1]):
            x = layer(x)
            found += [F.normalize(x, dim=1)] if number in ends else []
        layers.append(found)
    return torch.stack(
        [
            (learned[f"lin{i}.model.1.weight"] * (a - b).square()).sum(1).mean((1, 2))
            for i, (a, b) in enumerate(zip(*layers, strict=True))
        ]
    ).sum(0)


@pytest.mark.parametrize("measure", NETWORKS)
@torch.inference_mode()
def test_it_is_the_papers_formula(hub: Path, monkeypatch: pytest.MonkeyPatch, measure: str) -> None:
    network = features(measure)
    before, after = images(3)
    found = Perceptual(measure, kept(hub, measure, weights(network), monkeypatch))
    values = found.distances(before, after)
    torch.testing.assert_close(values, by_hand(network, measure, before, after), rtol=1e-4, atol=1e-7)
    assert (values > 0).all()
    assert found.distances(before, before).tolist() == [0.0] * 3
    grey = before[:, :1]
    torch.testing.assert_close(
        found.distances(grey, after[:, :1]),
        found.distances(grey.expand(-1, 3, -1, -1), after[:, :1].expand(-1, 3, -1, -1)),
    )
    assert found.distances(before[..., :31, :], after[..., :31, :]).isnan().all()


def test_a_meter_measures_some_images_and_says_by_which_network(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(hub, "lpips_squeeze", weights(features("lpips_squeeze")), monkeypatch)
    monkeypatch.setattr("mtlue.fidelity.meter.MOST_PERCEPTUAL", 3)
    state = torch.get_rng_state()
    meter = FidelityMeter([f"{i}" for i in range(6)], perceptual=at_hand())
    assert torch.equal(torch.get_rng_state(), state)
    meter.add(list(zip(*images(6), strict=True)))
    fidelity = meter.result()
    assert [row[-1] for row in summary_rows(fidelity) if row[0] == "LPIPS (SqueezeNet)"] == ["3"]
    assert image_columns(fidelity)[-1] == "LPIPS (SqueezeNet)"
    assert len(worst_rows(fidelity, 2)[0]) == len(image_columns(fidelity))
    written = fidelity.to_json()
    assert "lpips_squeeze" in written["summary"]
    assert written["images"][0].keys() & {"lpips_alex", "lpips_vgg"} == set()


@pytest.mark.parametrize("content", [{"features.0.weight": torch.ones(1)}, [1], pickle.PickleBuffer])
def test_without_weights_there_is_none(hub: Path, monkeypatch: pytest.MonkeyPatch, content: object) -> None:
    """A file that holds something else, or code, is none; nor is one that is not whole."""
    assert at_hand() is None
    kept(hub, "lpips_squeeze", content, monkeypatch)
    perceptual._at_hand.cache_clear()
    assert at_hand() is None
    (hub / BACKBONES["lpips_alex"].file).write_bytes(b"cut off")
    perceptual._at_hand.cache_clear()
    assert at_hand() is None
    meter = FidelityMeter(["a", "b"], perceptual=at_hand())
    meter.add(list(zip(*images(2), strict=True)))
    assert "LPIPS" not in str(meter.result().to_json()).upper()
