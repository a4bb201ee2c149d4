import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from conftest import random_dataset
from mtlue import ArrayDataset, Categorical, InputError, Regression, Runtime
from mtlue.data import Pipeline
from mtlue.evaluation.attacker import Attacker
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.evaluation.learners.protocol import train_learner
from mtlue.evaluation.learners.treatments import untreated
from mtlue.evaluation.probes.features import ClassSpread, class_spreads, extract_features, left_out, mean_and_largest
from mtlue.jobs.learners.analyse import TrainingImages, measure_learner
from mtlue.jobs.learners.measurements import Measurement
from mtlue.report.pictures.embedding_plot import embed
from mtlue.training import Recipe

PIPELINE = Pipeline((16, 16), (12, 12))
PLAN = EvaluationPlan(Learner(recipe=Recipe(epochs=1, batch_size=8, schedule="onecycle")), seeds=(0, 1))


def labelled(shape: list[int], size: list[float]) -> ArrayDataset:
    tasks = (Categorical("shape", ("a", "b", "c")), Regression("size", 0.0, 9.0))
    images = torch.zeros(len(shape), 3, 8, 8, dtype=torch.uint8)
    labels = {"shape": torch.tensor(shape), "size": torch.tensor(size, dtype=torch.float64)}
    return ArrayDataset(tasks, images, labels, [f"image {i}" for i in range(len(shape))])


def test_spreads_are_those_of_plain_numpy() -> None:
    shape = [0, 0, 0, 1, 1, -1, 2, -1]  # the last class has one image; two labels are missing
    data = labelled(shape, [1.0] * 8)
    features = torch.randn(8, 5, generator=torch.Generator().manual_seed(0)) * 7 + 3
    values = features.numpy().astype(np.float64)

    def plain(rows: list[int]) -> float:
        return float(np.sqrt(np.mean(np.var(values[rows], axis=0, ddof=1))))

    whole = plain([0, 1, 2, 3, 4, 6])
    first, second = class_spreads(features, data)
    assert (first.task, first.label, first.count) == ("shape", "a", 3)
    assert (second.label, second.count) == ("b", 2)
    assert first.spread == pytest.approx(plain([0, 1, 2]))
    assert second.spread == pytest.approx(plain([3, 4]))
    assert first.relative == pytest.approx(plain([0, 1, 2]) / whole)
    mean, largest = mean_and_largest([first, second], "shape")
    assert mean == pytest.approx((first.relative + second.relative) / 2)
    assert largest == max(first.relative, second.relative)


def test_relative_spread_does_not_know_the_scale() -> None:
    data = labelled([0, 0, 1, 1, 1, 2, 2], [1.0] * 7)
    features = torch.randn(7, 4, generator=torch.Generator().manual_seed(0))
    for one, scaled in zip(class_spreads(features, data), class_spreads(features * 1000, data), strict=True):
        assert scaled.spread == pytest.approx(1000 * one.spread)
        assert scaled.relative == pytest.approx(one.relative)


def test_features_that_are_all_alike_have_no_relative_spread() -> None:
    found = class_spreads(torch.ones(4, 5), labelled([0, 0, 1, 1], [1.0] * 4))
    assert [its.spread for its in found] == [0, 0]
    assert all(math.isnan(its.relative) for its in found)
    assert all(map(math.isnan, mean_and_largest(found, "shape")))
    assert not embed(torch.ones(4, 5), Runtime("cpu")).any()


def test_numbers_and_rare_classes_are_left_out_by_name() -> None:
    rare, unused, numbers = left_out(labelled([0, 0, 1], [1.0, 2.0, math.nan]))
    assert numbers.startswith("size (regression")
    assert "shape 'b'" in rare
    assert "training images: 1" in rare
    assert "training images: 0" in unused
    with pytest.raises(InputError, match="shape 'a'"):
        left_out(labelled([0, 1, 2, -1, -1], [1.0] * 5))
    only_numbers = labelled([0, 0], [1.0, 2.0])
    with pytest.raises(InputError, match=r"size .*no classes"):
        left_out(only_numbers.restricted_to(only_numbers.tasks[1:]))


def test_features_are_those_of_the_test_views_whatever_the_batches() -> None:
    data, runtime = random_dataset(20), Runtime("cpu")
    (learner, *_) = PLAN.learners(data.tasks)
    model = train_learner(learner, untreated(Attacker(data, PIPELINE, runtime)), runtime, "clean").model
    features = extract_features(model, data, PIPELINE, runtime, batch_size=7)
    assert features.shape == (20, 256)
    assert not features.requires_grad
    with torch.no_grad():
        whole = model.features(PIPELINE.test_view(data.images[:] / 255))
    torch.testing.assert_close(features, whole, rtol=1e-4, atol=1e-5)


def test_the_same_seed_sees_the_same() -> None:
    data = random_dataset(16, missing=True)
    kinds = (TrainingImages("clean", data), TrainingImages("twin", replace(data)))
    first, second = replace(PLAN, settings=("mtl",)).learners(data.tasks)

    def look(kind: TrainingImages, learner: Learner) -> Measurement:
        return measure_learner(kind, learner, PIPELINE, [3, 1], Runtime("cpu"))

    once, again, twin, other = (
        look(kinds[0], first),
        look(kinds[0], first),
        look(kinds[1], first),
        look(kinds[0], second),
    )
    assert once == again == twin  # the twin holds the same images under another name
    assert torch.equal(once.features, twin.features)
    assert once.features.shape == (2, 256)
    assert once != other
    assert isinstance(once.classes[0], ClassSpread)


def test_the_same_points_every_time() -> None:
    features = torch.randn(12, 6, generator=torch.Generator().manual_seed(0))
    once = embed(features, Runtime("cpu"))
    assert once.shape == (12, 2)
    assert np.isfinite(once).all()
    assert np.array_equal(once, embed(features, Runtime("cpu")))
    assert embed(features[:2], Runtime("cpu")).shape == (2, 2)
