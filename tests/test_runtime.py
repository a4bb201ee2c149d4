"""A runtime: where and how tensors are computed, by how many processes, from which seed."""

from dataclasses import FrozenInstanceError

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from mtlue import InputError, Runtime
from mtlue.devices import Device, learning_precision
from mtlue.progress import Silent


def test_a_runtime_never_changes_and_another_seed_is_another_runtime() -> None:
    runtime = Runtime("cpu", seed=3)
    with pytest.raises(FrozenInstanceError):
        runtime.seed = 4  # type: ignore[misc]
    other = runtime.replace(seed=4)
    assert (runtime.seed, other.seed) == (3, 4)
    assert other.fabric is runtime.fabric
    assert other.seed_for("weights") == Runtime("cpu", seed=4).seed_for("weights") != runtime.seed_for("weights")


def test_one_process_is_the_first_of_one_and_shares_nothing() -> None:
    runtime, values = Runtime("cpu"), torch.arange(3)
    assert (runtime.rank, runtime.world_size) == (0, 1)
    assert runtime.launch() is runtime
    assert runtime.total(values) is values
    assert runtime.agreed("word") == "word"


def test_two_devices_are_two_processes() -> None:
    runtime = Runtime("cpu", devices=2)  # not launched: nothing starts here
    assert (runtime.rank, runtime.world_size) == (0, 2)


def test_all_processes_but_the_first_are_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bars(Silent):
        """Reports."""

    bars, runtime = Bars(), Runtime("cpu")
    assert runtime.replace(progress=bars).progress is bars
    monkeypatch.setattr(Runtime, "rank", 1)
    assert runtime.replace(progress=bars).progress is not bars


def test_gradients_are_clipped_to_a_norm_and_by_infinity_not_at_all() -> None:
    runtime, model = Runtime("cpu"), nn.Linear(3, 2)
    wrapped, optimizer = runtime.setup(model, torch.optim.SGD(model.parameters()))
    for norm, expected in ((float("inf"), 6.0), (1.5, 1.5)):
        model.weight.grad, model.bias.grad = torch.full((2, 3), 36 / 6) / 6**0.5, torch.zeros(2)
        runtime.clip_gradients(wrapped, optimizer, norm)
        assert float(model.weight.grad.norm()) == pytest.approx(expected)


@pytest.mark.skipif(torch.accelerator.is_available(), reason="needs a machine without an accelerator")
@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_16_mixed_is_refused_on_a_cpu(device: Device) -> None:
    with pytest.raises(InputError, match="'16-mixed' is not available on a CPU: choose bf16-mixed"):
        Runtime(device, "16-mixed")


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match="device cuda: PyTorch finds no such device here: give cpu, or auto"):
        Runtime("cuda")


def test_stages_of_a_profiled_job_have_their_names_in_torchs_profiler() -> None:
    runtime = Runtime("cpu").profiled()
    with profile(activities=[ProfilerActivity.CPU]) as trace, runtime.stage("augment"):
        torch.zeros(1)
    assert "augment" in {event.key for event in trace.key_averages()}


def test_randomness_of_a_job_seeds_no_other_device(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (torch.cuda, torch.mps, torch.xpu):
        monkeypatch.setattr(module, "manual_seed", None)
    monkeypatch.setattr(torch.cuda, "manual_seed_all", None)
    monkeypatch.setattr(torch, "manual_seed", None)
    state, drawn = torch.get_rng_state(), []
    for _ in range(2):
        with Runtime("cpu").isolated_randomness("weights"):
            drawn.append(torch.rand(3))
    assert torch.equal(*drawn)
    assert torch.equal(state, torch.get_rng_state())


def test_a_precision_is_taken_without_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    assert Runtime("cpu", "bf16-mixed").precision == "bf16-mixed"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [({"avx512_bf16": True}, "bf16-mixed"), ({"amx_bf16": True}, "bf16-mixed"), ({"avx512_f": True}, "32-true")],
)
def test_learners_compute_in_bfloat16_where_the_processor_can(
    instructions: dict[str, bool], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: instructions)
    assert learning_precision("cpu") == expected
    assert learning_precision("cuda") == "32-true"
