import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from conftest import TensorDataset, random_dataset
from mtlue import Categorical, InputError, Regression, Runtime
from mtlue.data import Pipeline
from mtlue.evaluation.audits.plan import AuditPlan
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.evaluation.learners.protocol import evaluate
from mtlue.evaluation.learners.testing import REPLICATES
from mtlue.tasks import Depth, Normals, Segmentation, Task
from mtlue.training import Recipe, predict

QUICK = Learner(recipe=Recipe(epochs=1, batch_size=8, schedule="onecycle"))


TEST = random_dataset(8, seed=1)


def audit_data() -> ComparisonData:
    data = random_dataset(16)
    own = random_dataset(8, seed=2)
    return ComparisonData("noise images", data, data, TEST, Pipeline((16, 16), (12, 12)), "tap", 8 / 255, own=own)


def test_one_record_a_learner() -> None:
    records = list(evaluate(audit_data(), EvaluationPlan(learner=QUICK, seeds=(0, 1)), Runtime("cpu")))
    assert len(records) == 2 * 3 * (1 + 2)  # seeds x data x (mtl + one learner for each task)
    combined = [record for record in records if record.learner.setting == "mtl"]
    assert all(set(record.metrics) == {"shape", "tone"} for record in combined)
    assert all(set(record.metrics["tone"]) == set(Categorical.metrics) for record in combined)
    single = [record for record in records if record.learner.setting == "stl"]
    assert all(len(record.metrics) == 1 for record in single)
    assert {record.versions["torch"] for record in records}
    assert records[0].trivial["tone"]["balanced_accuracy"] == pytest.approx(0.5)


def test_learners_of_one_seed_on_the_same_images_are_the_same() -> None:
    plan = EvaluationPlan(learner=QUICK, seeds=(0,), conditions=("clean", "protected"), settings=("mtl",))
    clean, protected = evaluate(audit_data(), plan, Runtime("cpu"))  # the audit's protected images are the clean ones
    assert clean.metrics == protected.metrics
    assert clean.curves == protected.curves


def test_a_learner_that_diverges_does_not_count_as_held_off() -> None:
    learner = replace(QUICK, recipe=replace(QUICK.recipe, learning_rate=1e30, epochs=3))
    plan = EvaluationPlan(learner=learner, seeds=(0,), settings=("mtl",), conditions=("clean",))
    with pytest.raises(InputError, match=r"mtl on clean, seed 0: the training diverged: its loss is .*learner_rate"):
        list(evaluate(audit_data(), plan, Runtime("cpu")))


def test_single_task_learners_can_be_chosen() -> None:
    plan = EvaluationPlan(learner=QUICK, seeds=(0,), settings=("stl",), stl_tasks=("tone",), conditions=("clean",))
    (record,) = evaluate(audit_data(), plan, Runtime("cpu"))
    assert set(record.metrics) == {"tone"}
    with pytest.raises(InputError, match=r"unknown task 'colour'.*shape, tone"):
        list(EvaluationPlan(stl_tasks=("colour",)).learners(random_dataset().tasks))


def test_records_say_which_test_images_theirs_are() -> None:
    data = audit_data()
    images = data.test.images[:] + 1
    released = replace(data, released_test=data.test.with_images(images))
    assert released.test_set_of(replace(QUICK, tested_on="released")) != data.test_set_of(QUICK)
    assert data.test_set_of(QUICK) == released.test_set_of(QUICK)
    plan = EvaluationPlan(learner=QUICK, seeds=(0,), settings=("mtl",), conditions=("clean",))
    (record,) = evaluate(data, plan, Runtime("cpu"))
    assert record.test_set == data.test_set_of(QUICK)


def test_tasks_of_single_task_learners_are_refused_where_there_are_none() -> None:
    for plan in (EvaluationPlan, AuditPlan):
        with pytest.raises(InputError, match="stl_tasks tone chooses single-task learners, and settings mtl has none"):
            plan(settings=("mtl",), stl_tasks=("tone",))


def test_learners_of_the_same_test_images_have_the_same_draws() -> None:
    plan = EvaluationPlan(learner=QUICK, seeds=(0,), conditions=("clean", "protected"))
    records = list(evaluate(audit_data(), plan, Runtime("cpu")))  # the audit's protected images are the clean ones
    for record in records:
        for task, name in record.headline.items():
            draws = record.replicates[task]
            assert len(draws) == REPLICATES
            assert min(draws) <= record.metrics[task][name] <= max(draws)
            assert sum(map(sum, record.confusion[task])) == record.test_images
            assert list(map(sum, record.confusion[task])) == list(Counter(sorted(TEST.labels[task].tolist())).values())
            assert record.classes[task] == next(one for one in TEST.tasks if one.name == task).describe().split(", ")
    (clean, protected) = (record for record in records if record.learner.setting == "mtl")
    assert clean.replicates == protected.replicates
    assert records[0].uncounted == {}  # of eight images no class has twenty: all count


def test_a_learners_numbers_do_not_depend_on_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = EvaluationPlan(learner=QUICK, seeds=(0,), settings=("mtl",), conditions=("clean",))
    (before,) = evaluate(audit_data(), plan, Runtime("cpu"))
    monkeypatch.setattr("mtlue.evaluation.learners.testing.REPLICATES", 3)
    (after,) = evaluate(audit_data(), plan, Runtime("cpu"))
    assert (before.metrics, before.curves) == (after.metrics, after.curves)
    assert [*map(len, before.replicates.values()), *map(len, after.replicates.values())] == [100, 100, 3, 3]


def test_unknown_plans_are_refused() -> None:
    with pytest.raises(InputError, match=r"countermeasure 'prayer'.*jpeg10"):
        EvaluationPlan(countermeasures=("prayer",))
    with pytest.raises(InputError, match="unknown setting 'both'"):
        EvaluationPlan(settings=("both",))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="seed"):
        EvaluationPlan(seeds=())


def mixed_dataset(count: int, seed: int) -> TensorDataset:
    """Noise images with labels of five kinds, some of them missing."""
    generator = torch.Generator().manual_seed(seed)
    size = (count, 16, 16)
    data = random_dataset(count, seed=seed)
    depth = torch.rand(size, generator=generator) * 9
    normals = nn.functional.normalize(torch.randn(count, 3, 16, 16, generator=generator), dim=1)
    pose = torch.rand(count, 2, generator=generator).double()
    depth[:, :5], normals[:, :, 3], pose[::3, 1] = 0, 0, math.nan
    mask = torch.randint(-1, 3, size, generator=generator).short()
    labels = {"mask": mask, "depth": depth, "normals": normals, "pose": pose}
    tasks = (Segmentation("mask", ("a", "b", "c")), Depth("depth"), Normals("normals"), Regression("pose", size=2))
    return TensorDataset((*data.tasks, *tasks), data.images, {**data.labels, **labels}, data.ids)


class ByPixel(nn.Module):
    """Predictions that depend on the pixels alone."""

    def __init__(self, tasks: tuple[Task, ...]) -> None:
        super().__init__()
        self.tasks = tasks

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        mixed = {
            task.name: torch.stack([images[:, i % 3] * (i + 1) for i in range(task.channels)], 1) - 0.5
            for task in self.tasks
        }
        pixel = {"mask", "depth", "normals"}
        return {name: its if name in pixel else its[:, :, 0, 0] for name, its in mixed.items()}


def test_scores_of_batches_are_those_of_the_whole_test_set(monkeypatch: pytest.MonkeyPatch) -> None:
    data, pipeline = mixed_dataset(10, 0), Pipeline((16, 16), (12, 10))
    model = ByPixel(data.tasks)
    whole = model(data.images[:, :, 2:14, 3:13] / 255)
    monkeypatch.setattr("mtlue.training.loop.TEST_PIXELS", 3 * 16 * 16)
    meters = {task.name: task.meter() for task in data.tasks}
    sizes = []
    for predictions, labels in predict(model, data, pipeline, Runtime("cpu")):  # type: ignore[arg-type]
        sizes.append(len(labels["depth"]))
        for name, meter in meters.items():
            meter.update(predictions[name], labels[name])
    assert sizes == [3, 3, 3, 1]
    for task in data.tasks:
        label = data.labels[task.name]
        label = label[..., 2:14, 3:13] if label.ndim > 2 else label
        assert meters[task.name].scores() == pytest.approx(task.score(whole[task.name], label), nan_ok=True, rel=1e-5)


def test_trivial_scores_are_of_what_the_test_view_shows() -> None:
    data, test = mixed_dataset(10, 0), mixed_dataset(6, 1)
    audit = ComparisonData("mixed", data, data, test, Pipeline((16, 16), (12, 10)), "tap", 8 / 255)
    seen, truth = (its.labels["depth"][:, 2:14, 3:13].numpy() for its in (data, test))
    values = np.sort(seen, 0)
    median = np.where(seen.any(0), values[4], np.median(seen[seen > 0]))  # all ten have a depth, or none has
    known = truth > 0
    scores = audit.trivial(data.tasks[3])
    assert scores.scores["absolute_error"] == pytest.approx(np.abs(median - truth)[known].mean(), rel=1e-5)
    assert audit.trivial(data.tasks[3]) is scores
