"""Where a backbone's weights start: a file holds what it says, or is refused in a sentence; nothing is unpickled."""

import pickle
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import timm
import torch
from torch import Tensor

from mtlue import Categorical, InputError, Runtime, Segmentation
from mtlue.models import MultiTaskModel
from mtlue.models.backbones import TinyResNet, build_backbone
from mtlue.models.weights import read_tensors

IMAGE = (Categorical("kind", ("a", "b", "c")), Categorical("tone", ("dark", "light")))
DENSE = (Segmentation("region", ("floor", "wall")),)
NETWORK = "resnet10t"
"""A small one of timm."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a small timm network and of our own, as other tools would save them."""
    folder = tmp_path_factory.mktemp("weights")
    with Runtime("cpu", seed=7).isolated_randomness("foreign"):
        network, tiny = timm.create_model(NETWORK).state_dict(), TinyResNet(3).state_dict()
    safetensors.torch.save_file(network, folder / "network.safetensors")
    torch.save(network, folder / "network.pth")
    torch.save(
        {"epoch": 3, "state_dict": {f"module.{name}": value for name, value in network.items()}}, folder / "run.pth"
    )
    safetensors.torch.save_file(tiny, folder / "tiny.safetensors")
    return folder


def build(backbone: str, tasks: Any, init: str, channels: int = 3, trainable: str = "all") -> MultiTaskModel:
    with Runtime("cpu").isolated_randomness("test"):
        return MultiTaskModel(backbone, tasks, channels, (32, 32), init, trainable)


def trunk_tensors(model: MultiTaskModel) -> dict[str, Tensor]:
    return {name.replace(".", "_"): value for name, value in model.backbone.state_dict().items()}


@pytest.mark.parametrize("file", ["network.safetensors", "network.pth", "run.pth"])
@pytest.mark.parametrize("tasks", [IMAGE, DENSE], ids=["image", "dense"])
def test_every_tensor_of_the_trunk_is_the_files(folder: Path, file: str, tasks: Any) -> None:
    saved = {name.replace(".", "_"): value for name, value in read_tensors(folder / file).items()}
    trunk = trunk_tensors(build(NETWORK, tasks, str(folder / file)))
    own = [saved[max((name for name in saved if f"_{key}".endswith(f"_{name}")), key=len)] for key in trunk]
    assert len(trunk) > 50
    assert all(torch.equal(value, other) for value, other in zip(trunk.values(), own, strict=True))


@pytest.mark.parametrize("tasks", [IMAGE, DENSE], ids=["image", "dense"])
def test_our_own_backbone_starts_from_a_file_too(folder: Path, tasks: Any) -> None:
    saved = read_tensors(folder / "tiny.safetensors")
    model = build("tiny", tasks, str(folder / "tiny.safetensors"))
    trunk = model.backbone.get_submodule("encoder") if tasks is DENSE else model.backbone
    assert all(torch.equal(value, saved[name]) for name, value in trunk.state_dict().items())


def test_the_input_is_scaled_as_the_weights_were_trained(folder: Path) -> None:
    given = build(NETWORK, IMAGE, str(folder / "network.pth"))
    assert given.mean.flatten().tolist() == pytest.approx([0.485, 0.456, 0.406])
    assert build(NETWORK, IMAGE, "random").mean.flatten().tolist() == [0.5]


def test_grey_images_see_the_mean_of_the_colours(folder: Path) -> None:
    backbone = build_backbone(NETWORK, 1, (32, 32), str(folder / "network.pth"))
    assert len(backbone.mean) == 1
    first = next(iter(backbone.module.parameters()))
    saved = read_tensors(folder / "network.pth")["conv1.0.weight"]
    torch.testing.assert_close(first, saved.sum(1, keepdim=True))


class Evil:
    def __reduce__(self) -> Any:
        return Path.touch, (Path("was run"),)


def test_nothing_is_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"conv1.weight": torch.zeros(1), "evil": Evil()}, "evil.pth")
    with pytest.raises(InputError, match=r"evil\.pth is not a file of weights"):
        read_tensors(Path("evil.pth"))
    assert not Path("was run").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.pth", b"hello"),
        ("empty.pth", b""),
        ("text.safetensors", b"hello"),
        ("empty.safetensors", b""),
        ("pickle.pth", pickle.dumps({"a": 1})),
    ],
)
def test_files_that_hold_something_else_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"give a \.safetensors file, or a \.pth file"):
        read_tensors(tmp_path / name)
    with pytest.raises(InputError, match="cannot be read"):
        read_tensors(tmp_path / "nowhere.pth")


def test_a_file_that_lacks_tensors_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    weights = read_tensors(folder / "network.pth")
    torch.save({name: value for name, value in weights.items() if "layer4" not in name}, tmp_path / "short.pth")
    with pytest.raises(InputError, match=r"short\.pth lacks \d+ of the \d+ tensors of backbone 'resnet10t' \(layer4"):
        build(NETWORK, IMAGE, str(tmp_path / "short.pth"))
    with pytest.raises(InputError, match="lacks"):
        build("tiny", IMAGE, str(folder / "network.pth"))
    with pytest.raises(InputError, match=r"resnet18.*cannot be built|lacks"):
        build("resnet18", IMAGE, str(folder / "network.pth"))


@pytest.mark.parametrize("tasks", [IMAGE, DENSE], ids=["image", "dense"])
@pytest.mark.parametrize("name", ["tiny", "vit_narrow"])
def test_our_own_backbones_have_no_published_weights(name: str, tasks: Any) -> None:
    with pytest.raises(InputError, match=f"'{name}' has no pretrained weights"):
        build(name, tasks, "timm")
