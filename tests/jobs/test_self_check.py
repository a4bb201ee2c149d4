"""The check of a release's own: what it looks at and what it finds."""

from dataclasses import replace
from pathlib import Path

import pytest

from _checked import CLEAN, TRIVIAL, found, make_quick, record
from conftest import read_data, save_image, write_table
from mtlue import Protector, Runtime
from mtlue.data.loading import Collection, load
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.evaluation.dataset_shape import DatasetShape
from mtlue.jobs.checked import SelfCheck
from mtlue.jobs.events import Event, Listener, SelfCheckStarted, ignore
from mtlue.jobs.protection import self_check
from mtlue.jobs.protection.self_check import SelfChecker
from mtlue.methods import Scope
from mtlue.models.cost import learner_flops

DIGITS = DataOptions("digits", limit_train=70, limit_test=30)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def digits() -> Collection:
    return load(DIGITS, Runtime("cpu"))


def fitted(collection: Collection, method: str = "lsp-patch", **options: object) -> Protector:
    return Protector(method, seed=0, **options).fit(collection.split("train"))  # type: ignore[arg-type]


def checker_of(collection: Collection, tell: Listener = ignore, seed: int = 0) -> SelfChecker:
    return SelfChecker(collection, Runtime("cpu", seed=seed), Path("fit"), tell)


def check_of(protector: Protector, collection: Collection) -> SelfCheck:
    return checker_of(collection).of(protector)


def photos(root: Path, count: int, size: tuple[int, int], mode: str) -> Collection:
    """Noise images of two tasks, none of them for tests."""
    rows = []
    for i in range(count):
        save_image(root / f"{i}.png", size, mode, seed=i)
        rows.append({"file": f"{i}.png", "kind": ["cat", "dog"][i % 2], "tone": ["dark", "light", "grey"][i % 3]})
    write_table(root, rows)
    return read_data("table", root, test_fraction=0)


def test_recoveries_are_those_of_the_two_records() -> None:
    check = SelfCheck.of([record("clean", {"age": CLEAN, "race": 0.5}), record("protected", {"age": 0.3, "race": 0.4})])
    expected = {"age": (0.3 - TRIVIAL) / (CLEAN - TRIVIAL), "race": (0.4 - TRIVIAL) / (0.5 - TRIVIAL)}
    assert {one.task: one.value for one in check.found} == pytest.approx(expected)
    assert check.least_protected is not None
    assert check.least_protected.task == "race"
    assert check.why_not is None


def test_a_task_is_left_learnable_above_the_limit_alone() -> None:
    check = found(age=0.4, race=0.2, gender=-0.1)
    assert [one.task for one in check.left_learnable(0.25)] == ["age"]
    assert [one.task for one in check.left_learnable(0.1)] == ["age", "race"]
    assert check.left_learnable(0.5) == []


def test_what_may_be_chance_does_not_count_as_learnable() -> None:
    check = found(spread=0.5, age=0.3)
    assert check.found[0].low < 0 < 0.25 < check.found[0].value
    assert check.left_learnable(0.25) == []
    assert check.least_protected is not None


def test_a_fit_that_passed_is_better_than_one_that_did_not() -> None:
    """Whichever of them has the lower recovery of the task that each is judged by."""
    failed = [recovered(age=(0.5, -0.1), race=(0.3, 0.05)), recovered(age=(0.1, -0.1), race=(0.4, 0.05))]
    passed = recovered(age=(0.35, -0.2), race=(0.32, -0.01))
    assert [[one.task for one in check.left_learnable(0.25)] for check in (*failed, passed)] == [["race"], ["race"], []]
    assert sorted([*failed, passed], key=lambda check: check.rank(0.25)) == [passed, *failed]


def recovered(**values: tuple[float, float]) -> SelfCheck:
    """A check that found this of each task: its recovery, and the lower end of its interval."""
    of = found(**{task: value for task, (value, _) in values.items()})
    return replace(of, found=tuple(replace(one, low=values[one.task][1]) for one in of.found))


def test_nothing_is_known_where_clean_images_teach_nothing() -> None:
    check = SelfCheck.of([record("clean", {"age": TRIVIAL}), record("protected", {"age": 0.3})])
    assert check.why_not == "small learners do not learn its tasks from clean images"
    assert check.least_protected is None
    assert check.left_learnable(0) == []
    assert found(age=0.9).rank(0) < check.rank(0)


def test_a_check_says_what_it_will_do_and_trains_on_clean_images_once(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)
    collection, events = digits(), list[Event]()
    checker = checker_of(collection, events.append)
    first, second = (checker.of(fitted(collection)) for _ in range(2))
    assert [(event.learners, event.training, event.testing) for event in events] == [(2, 70, 30), (1, 70, 30)]  # type: ignore[attr-defined]
    assert all(isinstance(event, SelfCheckStarted) and event.seconds > 0 for event in events)
    assert first.records[0] is second.records[0]
    assert first.records[1].metrics == second.records[1].metrics
    assert [one.condition for one in first.records] == ["clean", "protected"]
    assert {one.task for one in first.found} == {"left", "right"}
    assert not [*Path("fit").iterdir()]


def test_costly_tasks_get_as_many_steps_on_smaller_batches() -> None:
    scenes = load(DataOptions("scenes", limit_train=4, limit_test=1), Runtime("cpu"))
    cost = learner_flops("tiny", scenes.tasks, 3, (56, 56))
    for collection, batch in ((digits(), 64), (scenes, int(6e9 / cost))):
        size = DatasetShape.of_images(collection.split("train"), collection.split("test"), collection.pipeline)
        recipe = self_check.learner_of(size).recipe
        assert recipe.batch_size == batch
        assert recipe.epochs * recipe.steps_per_epoch(size.train_images) in range(300, 303)
        assert self_check.learner_of(replace(size, view=(1024, 1024))).recipe.batch_size == 16


def test_what_a_killed_run_left_is_replaced_and_labels_per_pixel_take_fewer_test_images(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_quick(monkeypatch)
    monkeypatch.setattr(self_check, "DENSE_TEST_IMAGES", 24)
    left = Path("fit/self-check/protected.npy")
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half an array")
    scenes = load(DataOptions("scenes", size=(16, 16), limit_train=60, limit_test=30), Runtime("cpu"))
    check = check_of(fitted(scenes, "joint-code"), scenes)
    assert check.records, check.why_not
    assert {one.test_images for one in check.records} == {24}
    assert not left.parent.exists()


def test_tasks_that_stay_learnable_are_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)
    collection = digits()
    check = check_of(fitted(collection, scope=Scope(unprotected=("left",))), collection)
    assert [one.task for one in check.found] == ["right"]
    assert check.records[1].learner.tasks == ("right",)


def test_a_sample_is_taken_of_many_images(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)
    monkeypatch.setattr(self_check, "TRAINING_IMAGES", 64)
    monkeypatch.setattr(self_check, "TEST_IMAGES", 21)
    collection = digits()
    (_, protected) = check_of(fitted(collection), collection).records
    assert (protected.train_images, protected.test_images) == (64, 21)


@pytest.mark.parametrize(("size", "mode"), [((23, 17), "RGB"), ((16, 16), "L")])
def test_training_images_are_held_out_where_there_is_no_test_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], mode: str
) -> None:
    make_quick(monkeypatch)
    collection = photos(tmp_path / "photos", 100, size, mode)
    checker = checker_of(collection)
    training, test = checker._images
    assert (len(training), len(test)) == (80, 20)
    assert {*training.ids} | {*test.ids} == {*collection.listing.ids}
    check = checker.of(fitted(collection, "tap-samplewise", settings={"surrogate_epochs": 1, "pgd_steps": 1}))
    assert [(one.train_images, one.test_images) for one in check.records] == [(80, 20)] * 2


def test_with_too_few_images_nothing_is_known(tmp_path: Path) -> None:
    collection = photos(tmp_path / "photos", 70, (17, 23), "L")
    check = check_of(fitted(collection), collection)
    lacking = "56 to train learners on (60 at least) and 14 to test learners on (20 at least)"
    assert check.why_not == f"there are too few images: {lacking}"
    assert not check.records
    assert not check.found
    one = load(DataOptions("digits", limit_train=1, limit_test=1), Runtime("cpu"))
    with pytest.raises(InputError, match="too few images: 1 to train learners on"):
        _ = checker_of(one)._images


def test_an_interrupt_stops_the_run_and_leaves_no_image_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*of: object) -> None:
        assert Path("fit/self-check/protected.npy").is_file()
        raise KeyboardInterrupt

    make_quick(monkeypatch)
    monkeypatch.setattr(self_check, "run_learner", interrupted)
    collection = digits()
    with pytest.raises(KeyboardInterrupt):
        check_of(fitted(collection), collection)
    assert not [*Path("fit").iterdir()]


def test_whatever_goes_wrong_is_no_more_than_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*of: object) -> None:
        raise ZeroDivisionError("no such kind")

    make_quick(monkeypatch)
    monkeypatch.setattr(self_check, "run_learner", failing)
    collection = digits()
    assert check_of(fitted(collection), collection).why_not == "ZeroDivisionError: no such kind"


def test_the_same_key_takes_the_same_images_and_another_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_check, "TRAINING_IMAGES", 30)
    collection = digits()
    one, again, other = (checker_of(collection, seed=seed)._images[0].ids for seed in (2**100, 2**100, 2**101))
    assert one == again
    assert {*one} != {*other}
