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
from mtlue.models import weights as weights_module
from mtlue.models.backbones import TinyResNet, build_backbone
from mtlue.models.weights import read_tensors, timm_options

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


def saved(path: Path, backbone: str, **structure: Any) -> str:
    """A state dict of a timm network, its classifier included."""
    torch.save(timm.create_model(backbone, **structure).state_dict(), path)
    return str(path)


@pytest.mark.parametrize("tasks", [IMAGE, DENSE], ids=["image", "dense"])
def test_a_deeper_networks_file_is_refused_by_its_first_tensors(
    tmp_path: Path, tasks: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    file = saved(tmp_path / "deeper.pth", "resnet14t")
    with pytest.raises(InputError, match=r"deeper\.pth holds \d+ tensors that backbone 'resnet10t' does not have"):
        build(NETWORK, tasks, file)
    assert capfd.readouterr() == ("", "")


def test_our_own_backbone_takes_no_others_tensors_either(folder: Path, tmp_path: Path) -> None:
    weights = read_tensors(folder / "tiny.safetensors")
    torch.save({**weights, "blocks.4.conv1.weight": torch.zeros(3)}, tmp_path / "deeper.pth")
    with pytest.raises(InputError, match=r"1 tensors? that backbone 'tiny' does not have \(blocks\.4\.conv1\.weight\)"):
        build("tiny", IMAGE, str(tmp_path / "deeper.pth"))


@pytest.mark.parametrize("other", [{}, {"num_classes": 7}], ids=["classifier", "another classifier"])
@pytest.mark.parametrize("prefix", ["", "fc.", "AuxLogits.fc."])
def test_a_classifier_may_be_in_the_file(tmp_path: Path, other: dict[str, Any], prefix: str) -> None:
    weights = timm.create_model(NETWORK, **other).state_dict()
    torch.save({**weights, **({f"{prefix}weight": torch.zeros(2)} if prefix else {})}, tmp_path / "w.pth")
    build(NETWORK, IMAGE, str(tmp_path / "w.pth"))


@pytest.mark.parametrize(
    "name", ["deit_tiny_distilled_patch16_224", "levit_128s", "caformer_s18", "swin_tiny_patch4_window7_224"]
)
def test_a_file_of_timms_own_is_of_its_network(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with torch.device("meta"):
        own = timm.create_model(name).state_dict()
    monkeypatch.setattr(weights_module, "read_tensors", lambda path: own)
    assert timm_options(name, name, "own.pth", 1)["pretrained"]


@pytest.mark.parametrize("tasks", [IMAGE, DENSE], ids=["image", "dense"])
def test_a_file_of_other_shapes_is_named_and_so_is_the_tensor(tmp_path: Path, tasks: Any) -> None:
    grey = saved(tmp_path / "grey.pth", NETWORK, in_chans=1)
    refused = (
        r"grey\.pth does not hold the weights of backbone 'resnet10t' \(conv1\.0\.weight is \[24, 1, 3, 3\] in it, not "
    )
    with pytest.raises(InputError, match=refused + r"\[24, 3, 3, 3\]\): give a file of this backbone"):
        build(NETWORK, tasks, grey)
    build(NETWORK, tasks, grey, channels=1)
    weights = timm.create_model(NETWORK).state_dict()
    wide = {**weights, "layer1.0.conv1.weight": torch.zeros(64, 64, 1, 1)}
    torch.save(wide, tmp_path / "wide.pth")
    with pytest.raises(InputError, match=r"wide\.pth does not hold.*layer1\.0\.conv1\.weight is \[64, 64, 1, 1\]"):
        build(NETWORK, tasks, str(tmp_path / "wide.pth"))


def test_of_our_own_backbone_too_shapes_are_checked(tmp_path: Path) -> None:
    torch.save(TinyResNet(1).state_dict(), tmp_path / "grey.pth")
    with pytest.raises(
        InputError, match=r"grey\.pth does not hold the weights of backbone 'tiny' \(stem\.0\.weight is"
    ):
        build("tiny", IMAGE, str(tmp_path / "grey.pth"))


def test_tables_of_positions_may_have_another_size(tmp_path: Path) -> None:
    name = "test_vit"
    build(name, IMAGE, saved(tmp_path / "larger.pth", name, img_size=192))


def test_a_whole_model_is_refused_in_a_sentence_of_ours(tmp_path: Path) -> None:
    torch.save(timm.create_model(NETWORK), tmp_path / "whole.pth")
    with pytest.raises(
        InputError, match=r"whole\.pth is not a file of weights, or holds other objects \(a whole"
    ) as refused:
        read_tensors(tmp_path / "whole.pth")
    assert "give a .safetensors file, or a .pth file of a state dict (tensors alone)" in str(refused.value)
    assert str(refused.value).isprintable()
    assert "PyTorch" not in str(refused.value)


@pytest.mark.parametrize("tasks", [IMAGE, DENSE], ids=["image", "dense"])
@pytest.mark.parametrize("name", ["tiny", "vit_narrow"])
def test_our_own_backbones_have_no_published_weights(name: str, tasks: Any) -> None:
    with pytest.raises(InputError, match=f"'{name}' has no pretrained weights"):
        build(name, tasks, "timm")


def test_a_reason_that_is_a_number_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "junk.pth").write_bytes(b"junk of no kind\n" * 20)
    with pytest.raises(InputError, match=r"junk\.pth is not a file of weights(:|, or)"):
        read_tensors(tmp_path / "junk.pth")
