"""What an attacker has besides a release: clean images of their own, and labels of a task that it does not hold."""

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from conftest import TensorDataset, random_dataset, read_rows, save_image, write_table
from mtlue import Categorical, InputError, Runtime
from mtlue.data.options import DataOptions
from mtlue.evaluation.audits.plan import AuditPlan
from mtlue.evaluation.audits.possible import NO_RELEASED_TEST
from mtlue.evaluation.grids.grid import Grid
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.jobs.audits.audit import run_audit
from mtlue.jobs.learners.evaluate import run_evaluate
from mtlue.jobs.learners.own_images import halved
from mtlue.jobs.learners.reading import read_audit_data
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.requests.auditor import AuditRequest, EvaluateRequest
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods import MethodChoice
from mtlue.progress import Silent
from mtlue.training import Recipe

SPLITS = {"train": 12, "val": 5, "test": 8}


class Notes(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of three splits with two tasks."""
    root = tmp_path_factory.mktemp("photos")
    rows: list[dict[str, str]] = []
    for split, count in SPLITS.items():
        for i in range(count):
            save_image(root / f"{split} {i}.png", seed=len(rows))
            labels = {"kind": ["cat", "dog", "cow"][i % 3], "tone": ["dark", "light"][i % 2]}
            rows.append({"file": f"{split} {i}.png", "split": split, **labels})
    write_table(root, rows)
    return root


def data_of(photos: Path, *tasks: str) -> DataOptions:
    return DataOptions("table", photos, tasks=list(tasks) or None)


def release_of(photos: Path, folder: Path, splits: Sequence[str] | None, *tasks: str) -> Path:
    chosen = None if splits is None else tuple(splits)
    request = ProtectRequest(data_of(photos, *tasks), folder, method=MethodChoice("lsp-patch"), splits=chosen, seed=0)
    run_protect(request, Runtime("cpu"))
    return folder


def read(photos: Path, protected: Path, *tasks: str, **more: object) -> tuple[ComparisonData, list[str]]:
    notes = Notes()
    runtime = Runtime("cpu", progress=notes)
    return read_audit_data(data_of(photos, *tasks), protected, runtime, **more), notes.notes  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def whole(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release_of(photos, tmp_path_factory.mktemp("whole") / "p", None)


def test_a_split_that_the_release_does_not_hold_is_the_attackers(photos: Path, tmp_path: Path) -> None:
    protected = release_of(photos, tmp_path / "p", ["train", "test"])
    data, notes = read(photos, protected, own="needed")
    assert data.own is not None
    assert (len(data.own), len(data.test), len(data.protected)) == (5, 8, 12)
    assert notes == ["the attacker's own clean images: 5 (split val)"]


def test_else_half_of_the_test_images_are_and_are_not_tested_on(photos: Path, whole: Path) -> None:
    plain, silent = read(photos, whole)
    data, notes = read(photos, whole, own="needed")
    assert plain.own is None
    assert silent == []
    assert data.own is not None
    assert not {*data.own.ids} & {*data.test.ids, *data.protected.ids}
    assert {*data.own.ids, *data.test.ids} == {*plain.test.ids}
    assert notes == ["the attacker's own clean images: 4 of the 8 test images; learners are tested on the other 4"]
    again, _ = read(photos, whole, own="needed")
    assert again.own is not None
    assert list(again.own.ids) == list(data.own.ids)


def test_few_spare_images_are_given_away_besides_half_of_the_test_images(photos: Path, tmp_path: Path) -> None:
    """Of a split of 5 images with 8 test images; of the same split with one image left."""
    protected = release_of(photos, tmp_path / "p", ["train", "test"])
    few = shutil.copytree(photos, tmp_path / "few")
    rows = read_rows(few / "labels.csv")
    write_table(few, [row for row in rows if row["split"] != "val" or row["file"] in ("val 0.png", "val 1.png")])
    for number in range(2, 5):
        (few / f"val {number}.png").unlink()
    data, notes = read(few, protected, own="needed")
    assert data.own is not None
    assert (len(data.own), len(data.test)) == (6, 4)
    assert list(data.own.ids)[:2] == ["val 0.png", "val 1.png"]
    assert not {*data.own.ids} & {*data.test.ids, *data.protected.ids}
    assert notes == [
        "the attacker's own clean images: 4 of the 8 test images, and 2 (split val), too few alone; learners are "
        "tested on the other 4"
    ]


def test_too_few_test_images_are_not_divided(photos: Path, whole: Path) -> None:
    few = replace(data_of(photos), limit_test=3)
    with pytest.raises(InputError, match=r"3 test images.*at least 4 \(limit_test\), or a split besides"):
        read_audit_data(few, whole, Runtime("cpu"), own="needed")
    for asked, count in ((few, 3), (data_of(photos), 8)):  # an audit gives none of less than a hundred away
        data = read_audit_data(asked, whole, Runtime("cpu"), own="where enough")
        assert (data.own, len(data.test)) == (None, count)


@pytest.mark.parametrize("seed", range(4))
def test_every_class_of_several_images_is_in_both_halves(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    tasks = (Categorical("kind", tuple("abcdef")), Categorical("rare", ("no", "yes")))
    kinds = torch.multinomial(torch.tensor([40.0, 20, 10, 5, 2, 1]), 60, replacement=True, generator=generator)
    rare = torch.zeros(60, dtype=torch.int64)
    rare[torch.randperm(60, generator=generator)[:2]] = 1
    data = TensorDataset(tasks, random_dataset(60).images, {"kind": kinds, "rare": rare}, [f"{i}" for i in range(60)])
    own = halved(data)
    assert abs(len(own) - 30) <= 3
    for labels in data.labels.values():
        whole, part = Counter(labels.tolist()), Counter(labels[sorted(own)].tolist())
        for label, count in whole.items():
            assert abs(part[label] - count / 2) <= 3
            assert count < 2 or 0 < part[label] < count
    order = torch.randperm(60, generator=generator).tolist()
    turned = data.take(order)
    ids = {data.ids[place] for place in own}
    assert {turned.ids[place] for place in halved(turned)} == ids


def test_learners_of_an_evaluation_get_their_own_images_where_they_need_them(
    photos: Path, whole: Path, tmp_path: Path
) -> None:
    learner = Learner(recipe=Recipe(epochs=1, batch_size=8))
    plan = EvaluationPlan(learner, seeds=(0,), settings=("mtl",), conditions=("protected",))
    request = EvaluateRequest(data_of(photos), whole, tmp_path / "e", plan)
    (alone,) = run_evaluate(request, Runtime("cpu")).records
    assert (alone.train_images, alone.test_images) == (12, 8)
    both = replace(request, plan=replace(plan, countermeasures=("none", "dilution:share=0.2")))
    records = run_evaluate(both, Runtime("cpu")).records
    assert [(record.train_images, record.test_images) for record in records] == [(12, 4), (14, 4)]
    assert run_evaluate(both, Runtime("cpu")).trained == 0
    assert run_evaluate(request, Runtime("cpu")).trained == 0


def test_other_own_images_are_another_experiment(photos: Path, whole: Path, tmp_path: Path) -> None:
    """The test images stay: the own ones are those of a split of their own."""
    protected = release_of(photos, tmp_path / "p", ["train", "test"])
    learner = Learner(recipe=Recipe(epochs=1, batch_size=8))
    chosen = ("none", "dilution:share=0.2")
    plan = EvaluationPlan(learner, seeds=(0,), settings=("mtl",), conditions=("clean",), countermeasures=chosen)
    request = EvaluateRequest(data_of(photos), protected, tmp_path / "e", plan)
    assert run_evaluate(request, Runtime("cpu")).trained == 2
    save_image(photos / "val 0.png", seed=99)
    assert run_evaluate(request, Runtime("cpu")).trained == 1  # the one that was diluted


def test_a_grid_refuses_what_needs_own_images_before_anything_is_trained() -> None:
    with pytest.raises(InputError, match=r"dilution needs clean images of the attacker's own.*mtlue evaluate"):
        Grid.of({"datasets": ["digits"], "methods": ["clean"], "countermeasures": ["none", "dilution"]})


def test_labels_of_a_task_that_was_held_out_come_with_the_released_images(photos: Path, tmp_path: Path) -> None:
    protected = release_of(photos, tmp_path / "p", None, "kind")
    plain, _ = read(photos, protected)
    assert [task.name for task in plain.clean.tasks] == ["kind"]
    data, _ = read(photos, protected, own="needed", holdout=("tone",))
    assert data.own is not None
    for images in (data.clean, data.protected, data.test, data.own):
        assert [task.name for task in images.tasks] == ["kind", "tone"]
        parity = [int(identifier.split()[1].split(".")[0]) % 2 for identifier in images.ids]
        assert images.labels["tone"][:].tolist() == parity
    assert torch.equal(data.protected.images[:], plain.protected.images[:])
    assert [task.name for task in data.released_tasks] == ["kind"]
    assert data.holdout == ("tone",)


def test_a_task_that_cannot_be_held_out_is_refused(photos: Path, whole: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holdout tone: the release holds this task.*\(tasks\)"):
        read(photos, whole, holdout=("tone",))
    protected = release_of(photos, tmp_path / "p", None, "kind")
    with pytest.raises(InputError, match=r"holdout tine: dataset 'table' has no such task.*did you mean 'tone'"):
        read(photos, protected, holdout=("tine",))
    with pytest.raises(InputError, match=r"leaves out none of its tasks"):
        read(photos, protected, "kind", holdout=("tone",))


def test_learners_are_tested_on_what_the_release_holds(photos: Path, whole: Path, tmp_path: Path) -> None:
    data, _ = read(photos, whole, own="needed", released_test="needed")
    assert data.released_test is not None
    assert list(data.released_test.ids) == list(data.test.ids)
    change = (data.released_test.images[:].int() - data.test.images[:].int()).abs()
    assert 0 < change.max() <= 8
    learner = Learner(recipe=Recipe(epochs=1, batch_size=8), tested_on="released")
    plan = EvaluationPlan(learner, seeds=(0,), settings=("mtl",), conditions=("protected",))
    request = EvaluateRequest(data_of(photos), whole, tmp_path / "e", plan)
    (record,) = run_evaluate(request, Runtime("cpu")).records
    assert (record.learner.tested_on, record.test_images) == ("released", 8)
    clean = replace(request, plan=replace(plan, learner=replace(learner, tested_on="clean")))
    assert run_evaluate(clean, Runtime("cpu")).trained == 1


def test_a_release_without_test_images_is_not_tested_on(photos: Path, tmp_path: Path) -> None:
    protected = release_of(photos, tmp_path / "p", ["train"])
    with pytest.raises(InputError, match=r"tested_on released: .* does not hold test image 'test 0.*\(splits\)"):
        read(photos, protected, released_test="needed")
    data, _ = read(photos, protected)
    with pytest.raises(InputError, match="the release does not hold the test images"):
        data.test_of(Learner(tested_on="released"))


def test_an_audit_tests_on_what_the_release_holds_where_it_holds_it(photos: Path, whole: Path, tmp_path: Path) -> None:
    plan = AuditPlan(Learner(recipe=Recipe(epochs=1, batch_size=8)), ("none", "protected-test"), ("mtl",), more_seeds=0)
    report = run_audit(AuditRequest(whole, data_of(photos), plan, tmp_path / "a"), Runtime("cpu")).report
    tested = [record for record in report.records if record.attack == "protected-test"]
    assert [(one.condition, one.learner.tested_on) for one in tested] == [
        ("clean", "released"), ("protected", "released")
    ]  # fmt: skip
    assert "protected-test" in {one.attack for one in report.recoveries}
    assert all(step.worst is None or step.worst.recovery.attack == "none" for step in report.verdict)
    training_alone = release_of(photos, tmp_path / "p", ["train"])
    report = run_audit(AuditRequest(training_alone, data_of(photos), plan, tmp_path / "b"), Runtime("cpu")).report
    assert {left.attack: left.why for left in report.not_run}["protected-test"] == NO_RELEASED_TEST
