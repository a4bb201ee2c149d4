"""What holds on a CPU holds on a GPU: skipped where there is none."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from conftest import Outcome, mixed_dataset, quick_config, random_dataset
from mtlue import Runtime
from mtlue.data import ArrayDataset, Pipeline
from mtlue.devices import Device
from mtlue.generator import Generator
from mtlue.methods.fitting import Fitting
from mtlue.methods.objectives import OBJECTIVES
from mtlue.models import MultiTaskModel

Run = Callable[..., Outcome]
DEVICE: Device = "cuda"
DEVICES: tuple[Device, ...] = ("cpu", DEVICE)
pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
DATASETS = {"missing": random_dataset(missing=True), "mixed": mixed_dataset(), "odd": mixed_dataset(size=(17, 22))}
CONFIG = replace(quick_config(), lambda_intra=1e-4, lambda_inter=2e-4)


@pytest.fixture(autouse=True)
def exact_convolutions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Float32 means float32, not TF32."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


def gradients(data: ArrayDataset, name: str, device: Device) -> dict[str, Tensor]:
    """Of a generator's step against two surrogates, the same ones on every device."""
    runtime = Runtime(device)
    _, channels, height, width = data.images.shape
    view = (height - 4, width - 4)
    pipeline = Pipeline((height, width), view, True, channels=channels)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = Generator(CONFIG.generator.resolved((height, width), data.tasks), data.tasks, channels)
        surrogates = [MultiTaskModel("tiny", data.tasks, channels, view).eval() for _ in range(2)]
    generator = generator.to(runtime.device)
    fitting = Fitting(OBJECTIVES[name](), CONFIG, 8 / 255, data, runtime, pipeline)
    models = [model.requires_grad_(False).to(runtime.device) for model in surrogates]
    fitting.backward(generator, generator, models, data.batch(torch.arange(len(data))).to(runtime.device))
    return {name: each.grad.cpu() for name, each in generator.named_parameters() if each.grad is not None}


@pytest.mark.parametrize("name", ["em", "tap", "sep"])
@pytest.mark.parametrize("data", DATASETS)
def test_the_generators_gradients_are_those_of_a_cpu(data: str, name: str) -> None:
    expected, found = (gradients(DATASETS[data], name, device) for device in DEVICES)
    assert found.keys() == expected.keys()
    for parameter, gradient in expected.items():
        difference = (found[parameter] - gradient).norm()
        assert difference <= 1e-3 * gradient.norm() + 1e-7, parameter


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed", "16-mixed"])
@pytest.mark.parametrize("method", ["em", "tap", "sep"])
def test_what_was_fitted_there_is_proved_and_applied_on_a_cpu(
    mtlue: Run, tmp_path: Path, method: str, precision: str
) -> None:
    few = ("--dataset", "digits", "--limit-train", 64, "--limit-test", 16)
    quick = ("--epochs", 1, "--surrogate-epochs", 15) if method != "em" else ("--epochs", 1)
    out, again = tmp_path / "out", tmp_path / "again"
    chosen = ("--method", method, *quick, "--device", DEVICE, "--precision", precision)
    assert mtlue("protect", *few, "--out", out, *chosen).status == 0
    assert mtlue("verify", out, "--dataset", "digits").status == 0
    applied = mtlue("apply", out / "private", *few, "--out", again, "--device", "cpu")
    assert applied.status == 0, applied.err
    assert mtlue("verify", again, "--dataset", "digits").status == 0


def test_processes_of_an_audit_learn_there(mtlue: Run, tmp_path: Path) -> None:
    few = ("--dataset", "digits", "--limit-train", 64, "--limit-test", 200)
    assert mtlue("protect", *few, "--out", tmp_path / "out", "--method", "noise", "--device", "cpu").status == 0
    quick = ("--only", "none", "--settings", "mtl", "--learner-epochs", 1, "--more-seeds", 0, "--processes", 2)
    done = mtlue("audit", tmp_path / "out", *quick, "--device", DEVICE)
    assert done.status == 0, done.err
    assert json.loads((tmp_path / "out/audit/audit.json").read_text())["cost"]["processes"] == 2
