"""Every row of the registry keeps the contract."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from _asserts import assert_in_ball, assert_perturbation_in_ball, assert_round_trip
from _runtime import cpu_or_chosen
from conftest import quick_method, random_dataset
from mtlue import Batch, InputError, Runtime
from mtlue.bounds import largest_difference
from mtlue.data import ArrayDataset, Pipeline
from mtlue.files import write_json
from mtlue.methods import METHODS, MethodChoice, Perturber, load_method
from mtlue.methods.mtl_ue import MtlUe
from mtlue.methods.work import FitRecord
from mtlue.release.layout import PrivateFolder

CPU, CHOSEN = Runtime("cpu"), cpu_or_chosen()
NAMES = list(METHODS)
INDUCTIVE = [name for name in NAMES if METHODS.load(name).inductive]


def whole_batch(dataset: ArrayDataset) -> Batch:
    return dataset.batch(torch.arange(len(dataset)))


def known_batch(channels: int = 3) -> Batch:
    """The images that :func:`fitted` was fitted on."""
    return whole_batch(random_dataset(channels=channels, missing=True))


@cache
def fitted(name: str, channels: int = 3, levels: float = 8, seed: int = 0, runtime: Runtime = CPU) -> Perturber:
    method = quick_method(name, levels / 255)
    data = random_dataset(channels=channels, missing=True)
    method.fit(data, runtime.replace(seed=seed), Pipeline((16, 16), (12, 12), True))
    return method


@pytest.mark.parametrize("name", INDUCTIVE)
@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(8, 40),
    width=st.integers(8, 40),
    channels=st.sampled_from([1, 3]),
    levels=st.sampled_from([1, 3.5, 8, 64]),
    seed=st.integers(0, 1000),
)
def test_no_pixel_leaves_the_ball(name: str, height: int, width: int, channels: int, levels: float, seed: int) -> None:
    method = fitted(name, channels, levels, runtime=CHOSEN)
    batch = whole_batch(random_dataset(3, channels, (height, width), missing=True, seed=seed))
    assert_perturbation_in_ball(method.perturb(batch), batch.images, levels)
    assert_in_ball(method.protect(batch), batch.images, levels)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in INDUCTIVE])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("levels", [1, 3.5, 64])
def test_no_pixel_of_a_fitted_image_leaves_the_ball(name: str, channels: int, levels: float) -> None:
    batch = known_batch(channels)
    method = fitted(name, channels, levels, runtime=CHOSEN)
    assert_perturbation_in_ball(method.perturb(batch), batch.images, levels)
    assert_in_ball(method.protect(batch), batch.images, levels)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in INDUCTIVE])
def test_methods_without_induction_refuse_new_images_and_sizes(name: str) -> None:
    method = fitted(name)
    stranger = replace(known_batch(), ids=[f"stranger {i}" for i in range(12)])
    with pytest.raises(InputError, match="'stranger 0' was not in the data"):
        method.protect(stranger)
    larger = replace(known_batch(), images=torch.zeros(12, 3, 20, 20, dtype=torch.uint8))
    with pytest.raises(InputError, match=r"\[3, 20, 20\]"):
        method.protect(larger)


@pytest.mark.parametrize("name", NAMES)
def test_a_saved_method_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    batch = known_batch()
    assert assert_round_trip(fitted(name), batch, tmp_path).name == name


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(name: str) -> None:
    batch = known_batch()
    torch.rand(7)  # the caller's global state must not matter
    again = quick_method(name)
    again.fit(random_dataset(missing=True), Runtime("cpu", seed=0), Pipeline((16, 16), (12, 12), True))
    assert torch.equal(again.protect(batch), fitted(name).protect(batch))
    assert not torch.equal(fitted(name, seed=1).protect(batch), fitted(name).protect(batch))


@pytest.mark.parametrize("name", NAMES)
def test_fitting_leaves_the_global_random_state_alone(name: str) -> None:
    before = torch.random.get_rng_state()
    quick_method(name).fit(random_dataset(), CHOSEN)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_protected_alike_in_any_batch(name: str) -> None:
    data = random_dataset(missing=True)
    method = fitted(name, runtime=CHOSEN)
    whole = method.protect(whole_batch(data))
    reordered = method.protect(data.batch(torch.tensor([4, 1])))
    assert largest_difference(whole[[4, 1]], reordered) <= 1  # convolutions of other batch sizes round differently


def test_wrong_channels_tasks_and_types_are_refused() -> None:
    method = fitted("tap")
    grey = whole_batch(random_dataset(2, channels=1))
    with pytest.raises(InputError, match="1 channel"):
        method.perturb(grey)
    unlabelled = whole_batch(random_dataset(2).restricted_to([]))
    with pytest.raises(InputError, match="'shape'"):
        method.perturb(unlabelled)
    with pytest.raises(InputError, match="not fitted"):
        quick_method("tap").perturb(grey)
    floats = Batch(torch.rand(1, 3, 16, 16), {"shape": torch.tensor([0]), "tone": torch.tensor([0])}, ["x"])
    with pytest.raises(InputError, match="uint8"):
        method.protect(floats)


@pytest.mark.parametrize("before", [True, False], ids=["fitted before", "fresh"])
@pytest.mark.parametrize("name", NAMES)
def test_an_interrupted_fit_leaves_a_method_that_is_not_fitted(
    name: str, before: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    method = quick_method(name)
    if before:
        method.fit(random_dataset(), CPU)
    fit = type(method)._fit

    def interrupted(self: Perturber, *arguments: Any) -> FitRecord:
        fit(self, *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(type(method), "_fit", interrupted)
    other = random_dataset(missing=True).restricted_to(random_dataset().tasks[:1])
    with pytest.raises(KeyboardInterrupt):
        method.fit(other, CPU)
    for use in (lambda: method.protect(whole_batch(other)), lambda: method.save(tmp_path)):
        with pytest.raises(InputError, match="not fitted yet"):
            use()


def test_unknown_methods_and_damaged_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown method 'nope': did you mean 'noise'"):
        MethodChoice("nope")
    with pytest.raises(InputError, match=r"generator\.json is missing: give the private/"):
        load_method(tmp_path, CPU)
    fitted("tap").save(tmp_path)
    (tmp_path / "generator.safetensors").write_bytes(b"cut off")
    with pytest.raises(InputError, match="damaged"):
        load_method(tmp_path, CPU)


def test_a_training_that_diverges_is_an_error_and_no_perturbation() -> None:
    with pytest.raises(InputError, match="diverged"):
        quick_method("tap", lambda_inter=1e39).fit(random_dataset(), CHOSEN, Pipeline())


def test_entries_that_are_not_finite_are_refused_and_not_taken_for_no_change() -> None:
    method = quick_method("tap")
    method.fit(random_dataset(), CHOSEN, Pipeline())
    assert isinstance(method, MtlUe)
    assert method.generator is not None
    with torch.no_grad():
        list(method.generator.decoder.parameters())[-1].fill_(torch.nan)
    with pytest.raises(InputError, match="not finite"):
        method.protect(whole_batch(random_dataset()))


def test_weights_of_another_versions_generator_are_refused_in_one_line(tmp_path: Path) -> None:
    method = quick_method("tap")
    method.fit(random_dataset(), CPU, Pipeline())
    assert isinstance(method, MtlUe)
    assert method.generator is not None
    method.generator.decoder.layers[-1] = torch.nn.Conv2d(48, 12, 3, 1, 1)
    method.save(tmp_path)
    with pytest.raises(InputError, match=r"^[^\n]*another version: 'decoder[^\n]*\): run protect again$"):
        load_method(tmp_path, CPU)


@pytest.mark.parametrize("bounding", ["weird", 0])
def test_a_saved_bounding_that_is_unknown_is_refused(bounding: object, tmp_path: Path) -> None:
    fitted("tap").save(tmp_path)
    settings = json.loads(PrivateFolder(tmp_path).generator_settings.read_text())
    settings["settings"]["bounding"] = bounding
    write_json(PrivateFolder(tmp_path).generator_settings, settings)
    with pytest.raises(InputError, match=r"generator\.json cannot be used"):
        load_method(tmp_path, CPU)


HUGE: list[tuple[str, dict[str, object], str]] = [
    ("tap", {"channels": 10**5}, "another version"),
    ("tap", {"settings": {"embedding_channels": 10**9}}, "another version"),
    ("tap", {"settings": {"base_grid": [10**9, 10**9]}}, "no module of this size can be built"),
    ("tap", {"settings": {"embedding_channels": -1}}, "no module of this size can be built"),
    (
        "tap",
        {"tasks": [{"kind": "categorical", "name": "a", "classes": list(map(str, range(10**5)))}]},
        "another version",
    ),
    ("tap", {"tasks": [{"kind": "regression", "name": "a", "size": 10**9}]}, "1000000000 numbers"),
    ("tap", {"tasks": [{"kind": "depth", "name": str(i)} for i in range(10**4)]}, "more tasks with a label per pixel"),
    ("tap-samplewise", {"channels": 10**9}, "another version: 'delta' is int8"),
    ("tap-samplewise", {"fitted_ids": ["image 0"]}, "its ids are not those"),
    ("joint-code", {"channels": 10**5}, "no code"),
    ("joint-code", {"settings": {"starts": [10**9, 0]}}, "starts"),
    ("lsp-patch", {"settings": {"seed": [1]}}, "seed should be a whole number or text"),
    ("noise", {"settings": {"seed": "x"}}, "seed x: give a whole number"),
    ("noise", {"tasks": []}, "it names no task, or a task twice"),
    ("noise", {"tasks": [{"kind": "depth", "name": "a"}] * 2}, "it names no task, or a task twice"),
    ("noise", {"tasks": [{"kind": "smell", "name": "a"}]}, "unknown kind of task 'smell': choose from categorical"),
    ("noise", {"scope": {"fraction": 2}}, "fraction 2 is out of range"),
    ("noise", {"scope": {"unprotected": ["nose"]}}, "unknown task 'nose'"),
    ("noise", {"epsilon": 1e200}, "epsilon"),
]
"""Method, what its settings claim, and why that is refused."""


@pytest.mark.parametrize(("name", "claim", "message"), HUGE)
def test_claims_that_the_weights_do_not_bear_out_are_refused_before_anything_is_built(
    name: str, claim: dict[str, dict[str, object]], message: str, tmp_path: Path
) -> None:
    fitted(name).save(tmp_path)
    values = json.loads(PrivateFolder(tmp_path).generator_settings.read_text())
    for key, value in claim.items():
        values[key] = {**values[key], **value} if key == "settings" else value
    PrivateFolder(tmp_path).generator_settings.write_text(json.dumps(values))
    with pytest.raises(InputError, match=rf"generator\.json cannot be used \(.*{message}.*run protect again$"):
        load_method(tmp_path, CPU)


@pytest.mark.parametrize("name", NAMES)
def test_labels_outside_the_fitted_tasks_are_refused(name: str) -> None:
    method, batch = fitted(name), known_batch()
    for task in method.tasks:
        labels = batch.labels[task.name].clone()
        labels[3] = float("inf") if labels.is_floating_point() else 1000
        with pytest.raises(InputError, match=f"'{batch.ids[3]}', task '{task.name}': .* in the task that the method"):
            method.protect(replace(batch, labels={**batch.labels, task.name: labels}))
