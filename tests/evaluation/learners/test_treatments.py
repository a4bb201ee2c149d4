"""A countermeasure's life: fitted once per set of training images, images processed once, a copy for each learner."""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from torch import Generator, Tensor

from conftest import random_dataset
from mtlue import InputError, Runtime
from mtlue.data import ArrayDataset, Batch, Pipeline
from mtlue.evaluation.attacker import Attacker
from mtlue.evaluation.countermeasures import COUNTERMEASURES, Countermeasure
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.evaluation.learners.protocol import Audit, evaluate
from mtlue.evaluation.learners.treatments import Treatments
from mtlue.evaluation.records import Condition
from mtlue.models import MultiTaskModel
from mtlue.training import Recipe

QUICK = Learner(recipe=Recipe(epochs=1, batch_size=8))
CALLS: list[tuple[str, int]] = []


class Centred(Countermeasure):
    """Learns the mean image, takes it away, and notes what is called."""

    def fit(self, attacker: Attacker) -> None:
        CALLS.append(("fit", len(attacker.training)))
        self.mean = attacker.training.images[:].float().mean(0)

    def prepare(self, batch: Batch) -> Tensor:
        CALLS.append(("prepare", len(batch)))
        return (batch.images - self.mean).clamp(0, 255).byte()


class Recorded(Centred):
    """Notes each step, too."""

    def __init__(self, settings: object = None) -> None:
        super().__init__(settings)
        self.disturbed = 0

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
        assert len(batch.ids) == len(batch.images) == len(next(iter(batch.labels.values())))
        self.disturbed += 1
        CALLS.append(("disturb", self.disturbed))
        return batch.images


class Watching(Countermeasure):
    """Notes the images that it is handed, the attacker's own and the test images, and by which method."""

    seen: ClassVar[dict[str, list[Tensor]]] = {}

    def _note(self, method: str, attacker: Attacker) -> None:
        assert attacker.clean is not None
        assert attacker.test is not None
        self.seen[method] = [attacker.clean.images[:], attacker.test.images[:]]

    def fit(self, attacker: Attacker) -> None:
        self._note("fit", attacker)

    def gather(self, attacker: Attacker) -> ArrayDataset:
        self._note("gather", attacker)
        return attacker.training

    def start(self, model: MultiTaskModel, attacker: Attacker) -> None:
        self._note("start", attacker)

    def after_epoch(self, model: MultiTaskModel, epoch: int, epochs: int, attacker: Attacker) -> None:
        self._note("after_epoch", attacker)

    def finish(self, model: MultiTaskModel, attacker: Attacker) -> None:
        self._note("finish", attacker)


class Cropping(Countermeasure):
    """Breaks the contract."""

    def prepare(self, batch: Batch) -> Tensor:
        return batch.images[:, :, 1:]


CLASSES = {"centred": Centred, "recorded": Recorded, "watching": Watching, "cropping": Cropping}


def audit_data(training: ArrayDataset, test: ArrayDataset) -> ComparisonData:
    return ComparisonData("noise images", training, training, test, Pipeline((16, 16), (12, 12)), "tap", 8 / 255)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(COUNTERMEASURES, "_classes", CLASSES)
    CALLS.clear()
    return "recorded"


def test_images_are_processed_once_and_lie_on_disk(recorded: str, tmp_path: Path) -> None:
    training, test, runtime = random_dataset(16), random_dataset(8, seed=1), Runtime("cpu")
    treatments = Treatments(tmp_path, runtime)
    for _ in range(2):
        treatment = treatments.of(recorded, training, audit_data(training, test))
        images, tested = treatment.images(training), treatment.test_images(test)
    mean = training.images[:].float().mean(0)
    assert torch.equal(images.images[:], (training.images[:] - mean).clamp(0, 255).byte())
    assert torch.equal(tested.images[:], (test.images[:] - mean).clamp(0, 255).byte())
    assert images.ids == training.ids
    assert CALLS == [("fit", 16), ("prepare", 16), ("prepare", 8)]
    again = (
        Treatments(tmp_path, runtime).of(recorded, training, audit_data(training, test)).images(training)
    )  # another process, or a later run
    assert torch.equal(again.images[:], images.images[:])
    assert len(CALLS) == 3
    assert len(list(tmp_path.rglob("*.npy"))) == 2


def test_what_was_learned_from_other_images_is_not_mixed(recorded: str, tmp_path: Path) -> None:
    one, other, test = random_dataset(16), random_dataset(16, seed=2), random_dataset(8, seed=1)
    treatments = Treatments(tmp_path, Runtime("cpu"))
    first, second = (
        treatments.of(recorded, training, audit_data(one, test)).test_images(test) for training in (one, other)
    )
    assert not torch.equal(first.images[:], second.images[:])


def test_each_learner_has_a_copy_of_its_own(recorded: str, tmp_path: Path) -> None:
    data, pipeline = random_dataset(16), Pipeline((16, 16), (12, 12))
    protected, test = random_dataset(16, seed=2), random_dataset(8, seed=1)
    audit = ComparisonData("noise images", data, protected, test, pipeline, "tap", 8 / 255)
    plan = EvaluationPlan(QUICK, seeds=(0, 1), settings=("mtl",), countermeasures=(recorded,))
    records = list(evaluate(audit, plan, Runtime("cpu")))
    assert len(records) == 6
    assert [call for call in CALLS if call[0] == "fit"] == [("fit", 16)] * 3  # clean, noise, protected
    assert [count for name, count in CALLS if name == "disturb"] == [1, 2] * 6


@pytest.mark.parametrize("treat_test", [True, False])
def test_test_images_are_treated_where_the_learner_says_so(recorded: str, tmp_path: Path, treat_test: bool) -> None:
    data, pipeline = random_dataset(16), Pipeline((16, 16), (12, 12))
    audit = ComparisonData("noise images", data, data, random_dataset(8, seed=1), pipeline, "tap", 8 / 255)
    learner = replace(QUICK, treat_test=treat_test)
    plan = EvaluationPlan(learner, seeds=(0,), settings=("mtl",), conditions=("clean",), countermeasures=(recorded,))
    (record,) = evaluate(audit, plan, Runtime("cpu"))
    assert record.learner.treat_test == treat_test
    assert [count for name, count in CALLS if name == "prepare"] == [16, 8][: 1 + treat_test]


def test_learners_are_judged_by_images_that_are_treated_as_test_images_are(recorded: str, tmp_path: Path) -> None:
    training, own, test = (random_dataset(16, seed=seed) for seed in range(3))
    data = replace(audit_data(training, test), own=own)
    learner = replace(QUICK, tasks=("tone",), countermeasure="centred+watching")
    Audit(data, tmp_path, Runtime("cpu")).run(learner, "protected")
    raw = [own.images, test.images]
    mean = training.images.float().mean(0)
    treated = [(images - mean).clamp(0, 255).byte() for images in raw]
    expected = {"fit": raw, "gather": raw, "start": treated, "after_epoch": treated, "finish": treated}
    assert Watching.seen.keys() == expected.keys()
    for method, images in Watching.seen.items():
        assert all(map(torch.equal, images, expected[method])), method
    assert [count for name, count in CALLS if name == "prepare"] == [16] * 3  # test images are prepared once


def test_images_of_another_shape_are_refused(recorded: str, tmp_path: Path) -> None:
    data = random_dataset(16)
    with pytest.raises(InputError, match=r"countermeasure cropping gives .*\[3, 15, 16\].*must keep their shape"):
        Treatments(tmp_path, Runtime("cpu")).of("cropping", data, audit_data(data, data)).images(data)
    assert not list(tmp_path.rglob("*.npy*"))


def test_what_fails_is_not_begun_again_for_the_next_learner(
    recorded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, tried = random_dataset(16), list[int]()

    def fit(self: Recorded, attacker: Attacker) -> None:
        tried.append(len(attacker.training))
        raise RuntimeError(f"out of memory in fit {len(tried)}")

    monkeypatch.setattr(Recorded, "fit", fit)
    treatments = Treatments(tmp_path, Runtime("cpu"))
    for _ in range(3):
        treatment = treatments.of(recorded, data, audit_data(data, data))
        for images in (treatment.images, treatment.test_images):
            with pytest.raises(RuntimeError, match="out of memory in fit 1"):
                images(data)
    assert tried == [16]


def test_what_was_learned_with_other_views_is_not_mixed(recorded: str, tmp_path: Path) -> None:
    """A countermeasure that learns may look at the pipeline's crops."""
    training = random_dataset(16)
    for crop in ((12, 12), (10, 10)):
        data = replace(audit_data(training, training), pipeline=Pipeline((16, 16), crop))
        Treatments(tmp_path, Runtime("cpu")).of(recorded, training, data).images(training)
    assert CALLS == [("fit", 16), ("prepare", 16)] * 2


@pytest.mark.parametrize(
    ("countermeasure", "used", "wanted"),
    [
        ("none", None, None),
        ("grey", None, None),
        ("dilution:share=0.5", 3, 8),
        ("grey+dilution:share=0.1", 2, 2),
        ("early-stopping:images=2", 2, 2),
        ("dilution:share=0.5+last-layer:images=3,steps=1", 3, 8),
    ],
)
def test_records_say_how_many_clean_images_the_attacker_used_and_wanted(
    countermeasure: str, used: int | None, wanted: int | None, tmp_path: Path
) -> None:
    own = replace(random_dataset(3, seed=2), ids=["x", "y", "z"])
    data = replace(audit_data(random_dataset(16), random_dataset(8, seed=1)), own=own)
    learner = replace(QUICK, tasks=tuple(task.name for task in data.clean.tasks), countermeasure=countermeasure)
    conditions: tuple[Condition, ...] = ("protected",) if used is None else ("protected", "own")
    for condition in conditions:
        record = Audit(data, tmp_path, Runtime("cpu")).run(learner, condition)
        assert (record.own_images, record.own_wanted) == (used, wanted)
