"""A kind of task of another package: ten methods at most, one row, and every command takes it."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from torchmetrics import MeanMetric

import mtlue.tasks
from _asserts import assert_in_ball
from _runtime import cpu_or_chosen
from conftest import Outcome, quick_settings, random_dataset, read_rows, save_image
from mtlue import ArrayDataset, InputError, Pipeline, Protector
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.evaluation.learners.protocol import evaluate
from mtlue.tasks import KINDS, Meter, task_from_json
from mtlue.tasks.kinds import Kinds
from mtlue.training import Recipe
from stars import Stars

Run = Callable[..., Outcome]
OWN = tuple(KINDS.values())


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kind is there for the length of a test."""
    monkeypatch.setattr(KINDS, "_kinds", dict(KINDS._kinds))
    KINDS.register(Stars)


def starred(count: int, seed: int = 0) -> ArrayDataset:
    """Noise images with a task of classes and one of stars, one of them missing."""
    data = random_dataset(count, seed=seed)
    stars = 1 + torch.arange(count) % 5
    stars[0] = -1
    return ArrayDataset((*data.tasks, Stars("stars")), data.images, {**data.labels, "stars": stars}, data.ids)


def test_a_kind_of_image_labels_is_at_most_ten_methods() -> None:
    written = [name for name, value in vars(Stars).items() if callable(value) or isinstance(value, property)]
    methods = [name for name in written if not name.startswith("_")]
    assert len(methods) <= 10


def test_protect_and_evaluate_take_it_as_any_other(registered: None, tmp_path: Path) -> None:
    data = starred(16)
    fitted = Protector("tap", epsilon=4 / 255, settings=quick_settings(), runtime=cpu_or_chosen()).fit(data)
    fitted.save(tmp_path / "saved")
    again = Protector.load(tmp_path / "saved", runtime=cpu_or_chosen())
    protected = again.protect(data)
    assert_in_ball(protected.images[:], data.images[:], 4, least=1)
    audit = ComparisonData("noise", data, protected, starred(8, seed=1), Pipeline((16, 16)), "tap", 4 / 255)
    recipe = Recipe(epochs=1, batch_size=8)
    plan = EvaluationPlan(Learner(recipe=recipe), seeds=(0,), settings=("mtl",))
    for record in evaluate(audit, plan, cpu_or_chosen()):
        assert set(record.metrics["stars"]) == set(record.trivial["stars"]) == set(Stars.metrics)
        assert record.headline["stars"] == "absolute_error"


def test_a_tasks_file_names_it(registered: None, mtlue: Run, tmp_path: Path) -> None:
    photos, lines = tmp_path / "photos", ["file,stars,mood"]
    for number in range(12):
        save_image(photos / f"{number}.png", (16, 16), seed=number)
        lines.append(f"{number}.png,{'*' * (1 + number % 5)},{('calm', 'wild')[number % 2]}")
    (photos / "labels.csv").write_text("\n".join(lines))
    rules = tmp_path / "tasks.yaml"
    rules.write_text("tasks: {stars: {kind: stars}}")
    place = ("--dataset", "table", "--data", photos, "--tasks", rules, "--size", 16)
    protected = mtlue("protect", *place, "--out", tmp_path / "out", "--method", "lsp-patch")
    assert protected.status == 0, protected.err
    release = tmp_path / "out" / "release"
    assert {row["stars"] for row in read_rows(release / "metadata.csv")} == {"*" * count for count in range(1, 6)}
    verified = mtlue("verify", tmp_path / "out", *place)
    assert verified.status == 0, verified.err
    again = mtlue("inspect", "--dataset", "table", "--data", release, "--tasks", release / "tasks.yaml")
    assert again.status == 0, again.err
    assert ["stars", "stars"] in [line.split()[:2] for line in again.out.splitlines()]  # its name and its kind
    rules.write_text("tasks: {mood: {kind: stars}}")
    outcome = mtlue("inspect", *place)
    assert outcome.status != 0
    assert "label 'calm' of task 'mood' is not 1 to 5 stars" in " ".join(outcome.err.split())


@dataclass(frozen=True)
class Measured(Stars):
    """Stars whose meter is torchmetrics' own."""

    kind: ClassVar[str] = "measured"

    def meter(self) -> Meter:
        return MeanMetric()  # type: ignore[return-value]


def test_a_meter_that_is_none_of_ours_is_refused_before_a_training() -> None:
    plan = EvaluationPlan(Learner(), seeds=(0,))
    with pytest.raises(
        InputError, match=r"kind of task 'measured' gives an object of torchmetrics.*derives from mtlue"
    ):
        plan.trainings([Stars("a"), Measured("b")])
    assert plan.trainings([Stars("a")])


def test_what_a_kind_of_ones_own_derives_from_is_exported() -> None:
    assert {"GatheringMeter", "ImageTask", "Meter", "UnknownLabelError"} <= {*mtlue.tasks.__all__}


class TestTable:
    def test_a_decorator_and_an_entry_point_add_rows(self, monkeypatch: pytest.MonkeyPatch) -> None:
        points = [EntryPoint("theirs", "stars:Stars", "mtlue.tests"), EntryPoint("gone", "stars:None_", "mtlue.tests")]
        monkeypatch.setattr("mtlue.plugins._installed", lambda: EntryPoints(points))
        kinds = Kinds(OWN, "mtlue.tests")
        assert kinds["theirs"] is Stars
        with pytest.raises(InputError, match=r"kind of task 'gone' .* cannot be loaded"):
            kinds["gone"]
        assert kinds.register(Stars) is Stars
        assert list(kinds)[-3:] == ["stars", "theirs", "gone"]
        assert len(kinds) == 8

    def test_no_row_replaces_another(self) -> None:
        class Other(Stars):
            kind = "depth"

        with pytest.raises(InputError, match="already a kind of task 'depth'"):
            Kinds(OWN, "mtlue.tests").register(Other)

    @pytest.mark.parametrize(
        ("description", "why"),
        [
            ({"name": "a"}, "unknown kind of task 'None'"),
            ({"kind": "dept", "name": "a"}, "did you mean 'depth'"),
            ({"kind": "depth", "name": "a", "low": 1}, "task 'a' of kind depth: there is no option 'low'"),
            ({"kind": "depth", "name": "a", "high": "x"}, "high should be a number"),
            ({"kind": "depth", "name": "a", "high": -1}, "must be above 0"),
        ],
    )
    def test_descriptions_of_no_task_are_refused(self, description: dict[str, object], why: str) -> None:
        with pytest.raises(InputError, match=why):
            task_from_json(description)


def test_labels_are_read_without_torch() -> None:
    code = (
        "import sys, mtlue.tasks as t; a = t.Categorical('a', ('x', 'y')); a.parse(['x', None]);"
        "t.Regression('b', size=2).parse(['1 nan']); t.Depth('d').read(__import__('numpy').ones((2, 2)));"
        "t.task_from_json(t.Segmentation('s', ('p', 'q')).to_json()); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
