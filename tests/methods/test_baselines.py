"""Every baseline against its definition, written out plainly."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from _runtime import cpu_or_chosen
from conftest import MIXED, mixed_dataset, quick_config, quick_method, random_dataset
from mtlue import Categorical, InputError, Regression, Runtime
from mtlue.bounds import to_float
from mtlue.data import ArrayDataset, Pipeline
from mtlue.methods import MethodChoice, Scope, load_method
from mtlue.methods.baselines.autoregressive import LEAST_ENERGY, even_patterns, steady_filters, unroll
from mtlue.methods.baselines.samplewise import SampleWise
from mtlue.methods.baselines.settings import AutoregressiveSettings
from mtlue.methods.constant_answers import ConstantAnswers, are_beaten
from mtlue.methods.joint_surrogate import JointSurrogate
from mtlue.methods.saving import SavedMethod
from mtlue.methods.surrogates import Surrogates
from mtlue.tasks import Task, task_counts

EPSILON = 8 / 255
CLASSWISE = ("lsp-patch", "lsp-average", "ar-patch", "ar-average")


def grey_images(
    labels: Mapping[str, Sequence[float]], tasks: tuple[Task, ...], size: tuple[int, int] = (24, 30)
) -> ArrayDataset:
    count = len(next(iter(labels.values())))
    images = torch.full((count, 3, *size), 128, dtype=torch.uint8)
    return ArrayDataset(
        tasks, images, {name: torch.tensor(its) for name, its in labels.items()}, [f"{i}" for i in range(count)]
    )


def delta(name: str, data: ArrayDataset, **settings: object) -> torch.Tensor:
    method = MethodChoice(name, settings).build()
    method.fit(data, Runtime("cpu"))
    return method.perturb(data.batch(torch.arange(len(data)))) / EPSILON


TASKS = tuple(Categorical(name, ("a", "b", "c")) for name in ("one", "two", "three"))


@pytest.mark.parametrize("name", CLASSWISE)
def test_images_of_the_same_classes_get_the_same_pattern_and_others_another(name: str) -> None:
    data = grey_images({"one": [0, 0, 1], "two": [2, 2, 2], "three": [1, 1, 1]}, TASKS)
    first, same, other = delta(name, data)
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("name", ["lsp-patch", "ar-patch"])
def test_patch_gives_each_task_a_cell_of_its_own(name: str) -> None:
    data = grey_images({"one": [0, 1, 0, 0], "two": [0, 0, 1, 0], "three": [0, 0, 0, 1]}, TASKS)
    base, *changed = delta(name, data)
    cells = [(slice(0, 12), slice(0, 15)), (slice(0, 12), slice(15, 30)), (slice(12, 24), slice(0, 15))]
    for each, (rows, columns) in zip(changed, cells, strict=True):
        differs = (each != base).any(0)
        assert bool(differs[rows, columns].any())
        differs[rows, columns] = False
        assert not differs.any()
    assert not base[:, 12:, 15:].any()  # four cells, three tasks


@pytest.mark.parametrize("name", ["lsp-average", "ar-average"])
def test_average_is_the_mean_of_the_tasks_patterns(name: str) -> None:
    both = grey_images({"one": [1, 1, -1], "two": [2, -1, 2]}, TASKS[:2])
    together, first_alone, second_alone = delta(name, both)
    torch.testing.assert_close(together, (first_alone + second_alone) / 2)
    assert first_alone.abs().max() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("name", CLASSWISE)
def test_a_task_that_stays_learnable_takes_nothing_from_the_others(name: str) -> None:
    tasks = tuple(Categorical(f"t{number}", ("a", "b")) for number in range(20))
    data = grey_images({task.name: [0, 1] for task in tasks}, tasks)
    method = MethodChoice(name, {}, scope=Scope(tuple(task.name for task in tasks[1:]))).build()
    method.fit(data, Runtime("cpu"))
    found = method.perturb(data.batch(torch.arange(2))) / EPSILON
    alone = delta(name, grey_images({"t0": [0, 1]}, tasks[:1]))
    assert torch.equal(found, alone)
    assert (found.abs().flatten(1).amax(1) > 0.9).all()
    assert int((method.protect(data.batch(torch.arange(2))).short() - 128).abs().max()) == 8


@pytest.mark.parametrize("name", CLASSWISE)
def test_a_folder_that_does_not_say_so_shares_out_among_all_tasks(name: str, tmp_path: Path) -> None:
    """So that a release made then can be restored, and continued."""
    data = grey_images({"one": [0, 1, 2], "two": [2, 1, -1], "three": [0, 0, 0]}, TASKS)
    batch = data.batch(torch.arange(3))
    method = MethodChoice(name, {}, scope=Scope(("three",))).build()
    method.fit(data, Runtime("cpu"))
    method.save(tmp_path)
    assert torch.equal(load_method(tmp_path, Runtime("cpu")).perturb(batch), method.perturb(batch))
    saved = SavedMethod.read(tmp_path)
    del saved.settings.settings["among"]
    saved.write(tmp_path)
    found = load_method(tmp_path, Runtime("cpu")).perturb(batch) / EPSILON
    if name.endswith("average"):
        torch.testing.assert_close(found[:2] * 3 / 2, method.perturb(batch)[:2] / EPSILON)
        torch.testing.assert_close(found[2] * 3, method.perturb(batch)[2] / EPSILON)
    else:
        blank = {**data.labels, "three": torch.full((3,), -1)}
        assert torch.equal(found, delta(name, grey_images({key: its[:].tolist() for key, its in blank.items()}, TASKS)))


def test_a_number_of_several_parts_counts_as_one_task() -> None:
    tasks = (Regression("pose", -1.0, 1.0, size=2), TASKS[0])
    nothing = float("nan")
    labels = {"pose": [[0.5, 0.5], [nothing, nothing], [0.5, 0.5]], "one": [1, 1, -1]}
    together, one, pose = delta("lsp-average", grey_images(labels, tasks))  # type: ignore[arg-type]
    torch.testing.assert_close(together, (one + pose) / 2)


def test_linearly_separable_patterns_are_flat_squares_of_full_strength() -> None:
    data = grey_images({"one": [0, 1, 2]}, TASKS[:1], (32, 40))
    patterns = delta("lsp-average", data)
    assert set(patterns.flatten().tolist()) == {-1.0, 1.0}
    squares = patterns.reshape(3, 3, 4, 8, 5, 8)
    assert torch.equal(squares, squares[:, :, :, :1, :, :1].expand_as(squares))


def test_tiny_cells_still_tell_the_classes_apart() -> None:
    many = Categorical("many", tuple(map(str, range(20))))
    data = grey_images({"many": list(range(20)), "two": [0] * 20}, (many, TASKS[1]), (8, 8))
    patterns = delta("lsp-patch", data)
    assert len({tuple(each.flatten().tolist()) for each in patterns}) == 20


def test_an_autoregressive_pixel_is_the_filtered_sum_of_those_before_it() -> None:
    generator = torch.Generator().manual_seed(1)
    filters = steady_filters(2, generator)
    torch.testing.assert_close(filters.sum(1), torch.ones(2))
    field = unroll(filters, 10, 9, generator).double().numpy()
    for process, coefficients in zip(field, filters.double().numpy(), strict=True):
        for row in range(2, 10):
            for column in range(2, 9):
                before = process[row - 2 : row + 1, column - 2 : column + 1].ravel()[:8]
                assert process[row, column] == pytest.approx(float(np.dot(before, coefficients)), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("scale", [0.4, 3.0])
@pytest.mark.parametrize(("height", "width"), [(256, 256), (64, 64), (40, 200), (1, 100)])
def test_autoregressive_patterns_change_every_half_whatever_the_seed(height: int, width: int, scale: float) -> None:
    for seed in range(4):
        patterns = even_patterns(20, height, width, scale, torch.Generator().manual_seed(seed))
        assert patterns.shape == (20, height, width)
        assert patterns.isfinite().all()
        assert patterns.abs().max() <= 1
        energy = patterns.square()
        rows, columns = max(1, height // 2), width // 2
        for half in (energy[:, :rows], energy[:, -rows:], energy[:, :, :columns], energy[:, :, -columns:]):
            assert half.mean((1, 2)).min() >= LEAST_ENERGY * min(1, scale**2)


def test_a_thousand_classes_get_filters_and_the_first_are_those_of_few() -> None:
    many, few = (steady_filters(count, torch.Generator().manual_seed(5)) for count in (1200, 12))
    assert many.shape == (1200, 8)
    assert torch.equal(many[:12], few)


def test_autoregressive_patterns_at_256_pixels_are_numbers() -> None:
    tasks = (Categorical("one", tuple(map(str, range(20)))),)
    data = grey_images({"one": list(range(20))}, tasks, (256, 256))
    for seed in range(3):
        method = MethodChoice("ar-average").build()
        method.fit(data, Runtime("cpu", seed=seed))
        found = method.perturb(data.batch(torch.arange(20)))
        assert found[:, :, :128].square().mean((1, 2, 3)).min() >= LEAST_ENERGY * EPSILON**2


def test_autoregressive_patterns_use_the_ball() -> None:
    patterns = delta("ar-average", grey_images({"one": [0, 1, 2]}, TASKS[:1], (32, 32)))
    assert patterns.square().mean(dim=(1, 2, 3)).sqrt().min() > 0.6
    original = 1 / (8 / 255 * math.sqrt(3 * 32 * 32))  # an L2 norm of 1
    assert original == pytest.approx(0.58, abs=0.01)
    assert original < AutoregressiveSettings().scale


def test_numbers_get_the_mixture_of_two_patterns() -> None:
    task = Regression("age", low=0.0, high=8.0)
    data = grey_images({"age": [0.0, 1.0, 0.5]}, (task,))
    low, high, between = delta("lsp-average", data)
    torch.testing.assert_close(between, (low + high) / 2)


def test_more_tasks_than_cells_are_refused() -> None:
    tasks = tuple(Categorical(f"t{i}", ("a", "b")) for i in range(70))
    data = grey_images({task.name: [0, 1] for task in tasks}, tasks, (8, 8))
    with pytest.raises(InputError, match="70 tasks do not fit"):
        delta("lsp-patch", data)


@pytest.mark.parametrize("name", ["tap", "sep"])
def test_samplewise_descent_is_projected_gradient_descent(name: str) -> None:
    """One batch, no crop, no flip: the search is signs of the input gradient, written out."""
    data, runtime = random_dataset(8), Runtime("cpu")
    method = quick_method(f"{name}-samplewise", EPSILON)
    assert isinstance(method, SampleWise)
    method.fit(data, runtime)
    config = method.config
    trainer = Surrogates(config, data, Pipeline(), runtime)
    models, _ = trainer.checkpoints(method.base_method.plan)
    images = to_float(data.images)
    found = torch.zeros_like(images)
    targets = method.base_method.targets(data.tasks, data.labels)
    for _ in range(config.pgd_steps):
        found.requires_grad_(True)
        views = (images + found).clamp(0, 1)
        loss = torch.stack([method.base_method.loss(model, views, targets) for model in models]).mean()
        loss.backward()
        assert found.grad is not None
        found = (found - 0.8 / 255 * found.grad.sign()).detach().clamp(-EPSILON, EPSILON)
        found = torch.where(images + found > 1, 1 - images, torch.where(images + found < 0, -images, found))
    kept = method.perturb(data.batch(torch.arange(8)))
    assert (kept - found).abs().max() <= EPSILON / 127


def test_samplewise_em_stops_once_the_surrogate_has_learned_but_not_before_a_descent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(JointSurrogate, "learn", lambda self, view: True)
    method = quick_method("em-samplewise", EPSILON, epochs=4, pgd_steps=1)
    record = method.fit(random_dataset(16), cpu_or_chosen())
    assert len(record.curves["base loss"]) == 1
    assert bool(method.perturb(random_dataset(16).batch(torch.arange(16))).any())


def test_em_has_not_learned_where_its_surrogate_gives_all_images_the_commonest_label() -> None:
    """Two of 300 images are of the other class, and the surrogate has seen them a few times."""
    labels = (torch.arange(300) < 2).long()
    images = torch.randint(256, (300, 3, 8, 8), dtype=torch.uint8)
    data = ArrayDataset((Categorical("rare", ("no", "yes")),), images, {"rare": labels}, [f"{i}" for i in range(300)])
    settings = replace(quick_config(), joint_steps=30, stop_error=0.01)
    joint = JointSurrogate(settings, data, Pipeline(), Runtime("cpu"))
    ended = [joint.learn(lambda batch, part: (to_float(batch.images), dict(batch.labels))) for _ in range(4)]
    assert joint.errors[-1] == pytest.approx(2 / 240, abs=0.01)
    assert ended == [False] * 4


def test_less_error_counts_as_learned_where_the_constant_answer_errs_less() -> None:
    tasks = (Categorical("even", ("a", "b")), Categorical("rare", ("a", "b")), Regression("age"), *MIXED[2:])
    whole = mixed_dataset(MIXED[2:])
    labels = {
        "even": torch.arange(12) % 2,
        "rare": (torch.arange(12) == 3).long(),
        "age": torch.linspace(0, 1, 12),
        **whole.labels,
    }
    constants = ConstantAnswers.of(ArrayDataset(tasks, whole.images, labels, whole.ids))
    views = {name: label[:, ..., 2:10, 1:9] if label.ndim > 2 else label for name, label in labels.items()}
    right, present = task_counts(tasks, constants.predictions(views), views)
    assert right[:3].tolist() == [6, 11, 3]
    assert present[:3].tolist() == [12, 12, 12]
    assert bool((right[3:] < present[3:]).all())
    errs = {"even": 0.5, "rare": 1 / 12}
    for errors, learned in (((0.1, 1 / 60), True), ((0.1, 1 / 12), False), ((0.11, 0.0), False)):
        assert are_beaten(errs, dict(zip(errs, errors, strict=True)), 0.1) == learned
    assert not are_beaten(errs, errs, 1.0)
