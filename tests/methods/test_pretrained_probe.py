"""One more surrogate against learners that start from weights of their own: a probe on frozen features."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from _runtime import cpu_or_chosen
from conftest import Outcome, mixed_dataset, quick_config, quick_method, quick_settings, random_dataset
from mtlue import InputError, Runtime
from mtlue.data import Pipeline
from mtlue.methods import pretrained_probe
from mtlue.methods.input_gradient import input_gradient
from mtlue.methods.objectives import OBJECTIVES
from mtlue.methods.options import MethodChoice
from mtlue.methods.surrogates import PROBE_CURVE
from mtlue.models import MultiTaskModel
from mtlue.models.backbones import TinyResNet

Run = Callable[..., Outcome]
DIGITS = ("--dataset", "digits", "--limit-train", 20, "--limit-test", 10)


@pytest.fixture(autouse=True)
def _few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a probe has learned does not matter here."""
    monkeypatch.setattr(pretrained_probe, "RECIPE", replace(pretrained_probe.RECIPE, epochs=2, min_steps=2))


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Of a small network, as another tool would save them."""
    path = tmp_path / "weights.safetensors"
    safetensors.torch.save_file(TinyResNet(3).state_dict(), path)
    return path


@pytest.mark.parametrize("name", ["tap", "sep", "tap-samplewise"])
def test_a_probe_on_given_weights_joins_the_surrogates(weights: Path, name: str) -> None:
    data = random_dataset(8)
    given: dict[str, Any] = {"pretrained": str(weights), "pretrained_backbone": "tiny"}
    plain, probed = quick_method(name), quick_method(name, **given)
    curves = probed.fit(data, cpu_or_chosen()).curves
    assert len(curves[PROBE_CURVE]) > 1
    assert PROBE_CURVE not in plain.fit(data, cpu_or_chosen()).curves
    batch = data.batch(torch.arange(8))
    assert not torch.equal(plain.protect(batch), probed.protect(batch))
    again = quick_method(name, **given)
    again.fit(data, cpu_or_chosen())
    assert torch.equal(again.protect(batch), probed.protect(batch))
    images, view = (8, 3, 16, 16), (16, 16)
    assert probed.estimated_flops(data.tasks, 8, images[1:], view) > plain.estimated_flops(
        data.tasks, 8, images[1:], view
    )


def test_shares_weigh_the_surrogates_losses() -> None:
    data, objective, runtime = random_dataset(8), OBJECTIVES["tap"](), Runtime("cpu")
    surrogates = [MultiTaskModel("tiny", data.tasks, 3, (16, 16)).eval().requires_grad_(False) for _ in range(3)]
    views = [(torch.rand(8, 3, 16, 16), dict(data.labels)) for _ in range(2)]
    shares = [0.125, 0.375, 0.5]
    value, gradients = input_gradient(objective, surrogates, views, runtime, shares)
    alone = [input_gradient(objective, [one], views, runtime) for one in surrogates]
    expected_value = sum(share * float(of[0]) for share, of in zip(shares, alone, strict=True))
    assert float(value) == pytest.approx(expected_value, rel=1e-5)
    for number, gradient in enumerate(gradients):
        expected = sum(share * of[1][number] for share, of in zip(shares, alone, strict=True))
        assert torch.allclose(gradient, torch.as_tensor(expected), atol=1e-7)


def test_labels_per_pixel_are_refused_before_anything_is_trained(weights: Path) -> None:
    data = mixed_dataset()
    method = quick_method("tap", pretrained=str(weights), pretrained_backbone="tiny")
    with pytest.raises(InputError, match="task 'region' has labels per pixel: leave it out"):
        method.estimated_flops(data.tasks, 8, (3, 16, 16), (16, 16))
    with pytest.raises(InputError, match="has labels per pixel"):
        method.fit(data, Runtime("cpu"), Pipeline())


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--pretrained", "nowhere.pth"), "--pretrained nowhere.pth"),
        (("--pretrained", "package", "--pretrained-backbone", "resnet18"), "no package has weights for backbone"),
        (("--pretrained", "timm", "--pretrained-backbone", "tiny"), "backbone 'tiny' has no pretrained weights"),
        (("--pretrained", "timm", "--pretrained-backbone", "resnet1"), "unknown backbone 'resnet1'"),
    ],
)
def test_weights_that_are_not_there_are_refused_at_once(
    mtlue: Run, tmp_path: Path, flags: tuple[object, ...], message: str
) -> None:
    refused = mtlue("protect", *DIGITS, "--out", tmp_path / "out", *flags)
    assert (refused.status, message in refused.err) == (2, True), refused.err
    assert not (tmp_path / "out").exists()


def test_a_fit_is_used_without_the_weights_that_it_began_from(mtlue: Run, tmp_path: Path, weights: Path) -> None:
    flags = ("--epochs", 1, "--surrogate-epochs", 1, "--self-check", "false", "--pretrained", weights)
    done = mtlue("protect", *DIGITS, "--out", tmp_path / "out", *flags, "--pretrained-backbone", "tiny")
    assert done.status == 0, done.err
    private = tmp_path / "out/private"
    assert json.loads((private / "config.json").read_text())["config"]["pretrained"] == str(weights)
    assert str(weights) not in "".join(path.read_text() for path in (tmp_path / "out/release").glob("*.json"))
    weights.unlink()
    applied = mtlue("apply", private, *DIGITS, "--out", tmp_path / "more")
    assert applied.status == 0, applied.err


def test_a_choice_says_what_its_fit_needs() -> None:
    MethodChoice("tap", quick_settings("tap")).check_files()
    with pytest.raises(InputError, match="nowhere"):
        MethodChoice("tap", {"pretrained": "nowhere.pth"}).check_files()
    assert not quick_config().probes
