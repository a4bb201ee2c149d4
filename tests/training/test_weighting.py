"""Weightings against their formulas on fixed gradients, and every one of them in training."""

import math
from typing import cast

import numpy as np
import pytest
import scipy.optimize
import torch
from torch import Tensor, nn

import conftest
from _runtime import cpu_or_chosen, there
from conftest import TensorDataset, random_dataset
from mtlue import ArrayDataset, Categorical, InputError, Regression, Runtime
from mtlue.data import Pipeline
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.models import MultiTaskModel
from mtlue.tasks import Task
from mtlue.training import Recipe, TrainingStep, predict, train
from mtlue.training.weighting import Weighting
from mtlue.training.weighting_names import WEIGHTINGS, check_weighting, spelled
from mtlue.training.weightings import build_weighting, torchjd_classes, weighs_gradients

RUNTIME = Runtime("cpu")
JACOBIAN = torch.tensor([[1.0, 2.0, 0.0, -1.0], [0.5, -1.0, 3.0, 0.0], [-2.0, 0.1, 0.3, 0.4], [0.2, 0.2, 0.1, 2.0]])
EXTRAS = {"CAGrad", "DualProj", "NashMTL", "UPGrad"}  # need packages that mtlue does not install
TASKS = (Categorical("shape", ("a", "b", "c")), Categorical("tone", ("dark", "light")), Regression("age", 0, 10))


def test_another_packages_weighting_is_used_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WEIGHTINGS, "_classes", {})

    @WEIGHTINGS.register("first_alone")
    class FirstAlone(Weighting):
        def __init__(self, count: int) -> None:
            super().__init__()
            self.count = count

    for taken in ("L-S", "first-alone", "PCGrad", "pc_grad"):
        with pytest.raises(InputError, match="would be the same as"):
            WEIGHTINGS.register(taken)
    check_weighting("First-Alone")
    assert spelled("firstalone") == "first_alone"
    built = build_weighting("first-alone", 3, RUNTIME)
    assert isinstance(built, FirstAlone)
    assert built.count == 3


def test_a_weighting_that_cannot_be_used_is_named_before_any_learner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WEIGHTINGS, "_classes", {})

    @WEIGHTINGS.register("nine")
    class Nine(Weighting):
        def __init__(self, count: int) -> None:
            raise ValueError("it needs 9 tasks")

    WEIGHTINGS._classes["none"] = lambda count: None
    for name, said in (("nine", "cannot be used for 2 tasks.*it needs 9 tasks"), ("none", "makes a NoneType")):
        with pytest.raises(InputError, match=said):
            weighs_gradients(name, 2)
    assert not weighs_gradients("ls", 2)
    assert weighs_gradients("pcgrad", 2)


class Lines(nn.Module):
    """Losses that are linear in the shared parameters, so that their gradients are the rows of a matrix."""

    def __init__(self, jacobian: Tensor) -> None:
        super().__init__()
        self.jacobian = jacobian
        self.tasks = range(len(jacobian))
        self.shared = nn.Parameter(torch.zeros(jacobian.shape[1]))
        self.heads_of = nn.ParameterList(nn.Parameter(torch.ones(())) for _ in self.tasks)

    def losses(self) -> Tensor:
        return self.jacobian @ self.shared + torch.stack(list(self.heads_of))

    def shared_parameters(self) -> list[nn.Parameter]:
        return [self.shared]

    def task_parameters(self, task: int) -> list[nn.Parameter]:
        return [self.heads_of[task]]

    def gradients(self) -> tuple[Tensor, Tensor]:
        assert self.shared.grad is not None
        return self.shared.grad, torch.stack([head.grad for head in self.heads_of if head.grad is not None])


def take_step(weighting: Weighting, lines: Lines, factors: Tensor | float = 1) -> None:
    """A step of the lines in the place of a model, their losses times ``factors``."""
    weighting.backward(lines.losses() * factors, cast(MultiTaskModel, lines), RUNTIME)


def balanced(name: str, jacobian: Tensor = JACOBIAN, absent: int | None = None) -> tuple[Tensor, Tensor]:
    """The shared gradient and those of the heads, in one step of a weighting."""
    lines = Lines(jacobian)
    labelled = torch.ones(len(jacobian))
    if absent is not None:
        labelled[absent] = 0
    take_step(build_weighting(name, len(jacobian), RUNTIME), lines, labelled)
    return lines.gradients()


def test_aligned_mtl_gives_the_rows_of_the_nearest_orthogonal_matrix_at_the_smallest_singular_value() -> None:
    shared, heads = balanced("aligned-mtl")
    left, values, right = np.linalg.svd(JACOBIAN.numpy().astype(np.float64))
    expected = (values.min() * left @ right).sum(axis=0)
    assert shared.numpy() == pytest.approx(expected, rel=1e-4)
    assert heads.tolist() == [1, 1, 1, 1]


def test_fairgrad_solves_its_equation_and_weighs_the_heads_too() -> None:
    shared, heads = balanced("fairgrad")
    jacobian = JACOBIAN.numpy().astype(np.float64)
    gramian = jacobian @ jacobian.T
    solved = scipy.optimize.minimize(  # the minimum of a convex function whose gradient is G w - 1 / w
        lambda w: 0.5 * w @ gramian @ w - np.log(w).sum(),
        np.ones(4),
        jac=lambda w: gramian @ w - 1 / w,
        bounds=[(1e-6, None)] * 4,
    ).x
    assert heads.numpy() == pytest.approx(solved, rel=1e-3)
    assert shared.numpy() == pytest.approx(solved @ jacobian, rel=1e-3)


def test_uncertainty_weighting_learns_its_log_variances() -> None:
    lines = Lines(JACOBIAN)
    weighting = build_weighting("uw", 4, RUNTIME)
    take_step(weighting, lines)
    shared, heads = lines.gradients()
    factor = 0.5 * math.exp(0.5)
    assert heads.tolist() == pytest.approx([factor] * 4)
    assert shared.tolist() == pytest.approx((factor * JACOBIAN.sum(0)).tolist(), rel=1e-5)
    (log_variances,) = weighting.parameters()
    assert log_variances.tolist() == [-0.5] * 4
    assert log_variances.grad is not None
    assert log_variances.grad.tolist() == pytest.approx([0.5 - factor] * 4)


def test_random_weighting_draws_anew_each_step() -> None:
    lines = Lines(JACOBIAN)
    weighting = build_weighting("rlw", 4, RUNTIME)
    seen = []
    with RUNTIME.isolated_randomness("steps"):
        for _ in range(2):
            lines.zero_grad()
            take_step(weighting, lines)
            seen.append(lines.gradients()[1])
    with RUNTIME.isolated_randomness("steps"):
        expected = [4 * torch.softmax(torch.randn(4), 0) for _ in range(2)]
    assert torch.allclose(torch.stack(seen), torch.stack(expected))


def test_equal_weights_are_the_mean() -> None:
    shared, heads = balanced("ls")
    assert torch.equal(shared, JACOBIAN.mean(0))
    assert heads.tolist() == [0.25] * 4


@pytest.mark.parametrize("name", ["aligned-mtl", "fairgrad", "mgda", "pcgrad"])
def test_a_task_without_labels_does_not_count(name: str) -> None:
    with RUNTIME.isolated_randomness("draws"):
        shared, heads = balanced(name, absent=3)
    with RUNTIME.isolated_randomness("draws"):
        without, _ = balanced(name, JACOBIAN[:3])
    assert torch.allclose(shared, without, atol=1e-6)
    assert heads[3] == 0


@pytest.mark.parametrize("name", ["aligned-mtl", "fairgrad"])
def test_a_step_without_a_finite_result_has_equal_weights(name: str) -> None:
    lines = Lines(1e30 * JACOBIAN)  # the Gramian overflows
    take_step(build_weighting(name, 4, RUNTIME), lines)
    shared, heads = lines.gradients()
    assert torch.allclose(shared, 1e30 * JACOBIAN.mean(0))
    assert heads.tolist() == [0.25] * 4
    assert not hasattr(lines.shared, "jac")


@pytest.mark.parametrize("absent", [None, 1])
@pytest.mark.parametrize("name", sorted({cls.__name__ for cls in torchjd_classes()} - EXTRAS))
def test_everything_of_torchjd_gives_finite_gradients(name: str, absent: int | None) -> None:
    shared, heads = balanced(name.upper(), absent=absent)
    assert bool(shared.isfinite().all() & heads.isfinite().all())
    assert bool((shared != 0).any())
    assert absent is None or heads[absent] == 0


def test_dwa_weighs_by_epoch() -> None:
    weighting = build_weighting("dwa", 2, RUNTIME)
    rows = []
    for values in ((1.0, 1.0), (1.0, 0.5), (1.0, 1.0)):
        lines = Lines(torch.eye(2))
        take_step(weighting, lines, torch.tensor(values))
        weighting.after_epoch()
        rows.append(lines.gradients()[1].tolist())
    assert rows[:2] == [[1, 1], [1, 0.5]]
    assert rows[2] == pytest.approx((2 * torch.softmax(torch.tensor([0.5, 0.25]), 0)).tolist())


def test_famo_learns_from_the_losses_after_the_step() -> None:
    weighting = build_weighting("famo", 2, RUNTIME)
    heads = []
    for _ in range(2):
        lines = Lines(torch.eye(2))
        take_step(weighting, lines)
        weighting.after_step(lambda: torch.tensor([0.5, 1.0]))
        heads.append(lines.gradients()[1])
    assert heads[0].tolist() == [0.5, 0.5]
    assert heads[1][1] > heads[1][0]


def mixed_dataset() -> TensorDataset:
    """Eight images with tasks of 3 and 2 classes and a number, 0..10."""
    data = random_dataset(8)
    return TensorDataset(TASKS, data.images, {**data.labels, "age": torch.arange(8).double()}, data.ids)


def learner(tasks: tuple[Task, ...] = TASKS) -> MultiTaskModel:
    with RUNTIME.isolated_randomness("weights"):
        return MultiTaskModel("tiny", tasks, 3, (16, 16))


@pytest.mark.parametrize("name", [*WEIGHTINGS, "pcgrad", "MGDA", "STCH", "famo", "geometric_mean", "graddrop"])
def test_every_weighting_trains_tasks_of_every_kind_also_without_labels(name: str) -> None:
    model, data = learner(), mixed_dataset()
    before = [there(parameter.detach().clone()) for parameter in model.parameters()]
    step = TrainingStep(model, 8, Recipe(batch_size=8), cpu_or_chosen(), name)
    images, labels = there(data.images) / 255, {task: there(label) for task, label in data.labels.items()}
    for absent in ("shape", "age"):
        missing = torch.full_like(labels[absent], -1 if absent == "shape" else math.nan)
        loss, predictions = step(images, {**labels, absent: missing})
        assert loss.isfinite()
        assert [predictions[task.name].shape[1] for task in TASKS] == [3, 2, 1]
    changed = [not torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True)]
    assert all(changed)
    assert all(bool(parameter.isfinite().all()) for parameter in model.parameters())


def trained(name: str, data: ArrayDataset) -> Tensor:
    model = learner(data.tasks)
    pipeline = Pipeline((16, 16), (16, 16))
    train(model, data, pipeline, Recipe(epochs=2, batch_size=4), RUNTIME, "learner", weighting=name)
    ((predictions, _),) = predict(model, data, pipeline, RUNTIME)
    return torch.cat(list(predictions.values()), dim=1)


@pytest.mark.parametrize("name", ["uw", "rlw", "fairgrad", "pcgrad"])
def test_the_same_seed_trains_the_same_model_and_leaves_global_randomness_alone(name: str) -> None:
    state = torch.get_rng_state()
    first = trained(name, mixed_dataset())
    assert torch.equal(state, torch.get_rng_state())
    torch.rand(3)
    assert torch.equal(first, trained(name, mixed_dataset()))
    assert not torch.equal(first, trained("ls", mixed_dataset()))


@pytest.mark.parametrize("name", ["ls", "aligned-mtl", "fairgrad", "pcgrad"])
def test_a_fused_step_is_the_plain_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data, steps = conftest.mixed_dataset(size=(32, 32)), []
    labels = {task: label.float() if label.is_floating_point() else label.long() for task, label in data.labels.items()}
    for fused in (True, False):
        monkeypatch.setattr(Runtime, "fuses_optimizers", fused)
        with RUNTIME.isolated_randomness("weights"):
            model = MultiTaskModel("tiny", data.tasks, 3, (32, 32))
        before = [parameter.detach().clone() for parameter in model.parameters()]
        TrainingStep(model, len(data), Recipe(batch_size=len(data)), RUNTIME, name)(data.images / 255, labels)
        steps.append([now.detach() - then for now, then in zip(model.parameters(), before, strict=True)])
    for first, second in zip(*steps, strict=True):
        assert torch.cosine_similarity(first.flatten(), second.flatten(), dim=0) > 0.99


def test_the_optimiser_trains_a_weightings_own_parameters() -> None:
    data = mixed_dataset()
    step = TrainingStep(learner(), 8, Recipe(batch_size=8), cpu_or_chosen(), "uw")
    step(there(data.images) / 255, {task: there(label) for task, label in data.labels.items()})
    (log_variances,) = step.weighting.parameters()
    assert bool((log_variances != -0.5).all())


@pytest.mark.parametrize("name", ["uw", "rlw", "aligned-mtl", "fairgrad"])
def test_a_single_task_learner_has_the_plain_loss(name: str) -> None:
    data = mixed_dataset().restricted_to(TASKS[:1])
    assert torch.equal(trained(name, data), trained("ls", data))


@pytest.mark.parametrize("name", ["uw", "aligned-mtl", "fairgrad"])
def test_bfloat16_works(name: str) -> None:
    data = mixed_dataset()
    step = TrainingStep(learner(), 8, Recipe(batch_size=8), Runtime("cpu", "bf16-mixed"), name)
    loss, _ = step(data.images / 255, dict(data.labels))
    assert loss.isfinite()


def test_float16_is_refused_where_gradients_are_balanced() -> None:
    runtime = Runtime("cpu", "16-mixed", fabric=RUNTIME.fabric)
    with pytest.raises(InputError, match=r"'aligned-mtl'.*use bf16-mixed or 32-true"):
        build_weighting("aligned-mtl", 2, runtime)
    build_weighting("uw", 2, runtime)
    build_weighting("aligned-mtl", 1, runtime)


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torchjd._mixins.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"'cagrad' needs packages.*cvxpy.*pip install"):
        build_weighting("cagrad", 2, RUNTIME)


def test_unknown_names_and_numbers_of_tasks_that_do_not_suit_are_refused() -> None:
    with pytest.raises(InputError, match=r"unknown weighting 'equal': choose one of ls, uw, .*AlignedMTL.*UPGrad"):
        EvaluationPlan(Learner(weighting="equal"))
    with pytest.raises(InputError, match="'krum' cannot be used for 2 tasks"):
        build_weighting("krum", 2, RUNTIME)
