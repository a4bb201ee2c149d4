"""What a protection will take: its check is part of it, and what an interrupted run has done is not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from _checked import found
from conftest import read_data, save_image, write_table
from mtlue import Runtime
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.evaluation.dataset_shape import DatasetShape
from mtlue.jobs.events import Event, SelfCheckStarted
from mtlue.jobs.owner_events import SELF_CHECK, ProbedFiles, ProtectionForecast
from mtlue.jobs.protection import expected_work, forecast
from mtlue.jobs.protection.expected_work import Work, checked_by, expected, learner_work
from mtlue.jobs.protection.kept_attempts import ATTEMPTS, FITTED, KeptAttempts
from mtlue.jobs.protection.longest_parts import longest_parts
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.protection.self_check import SelfChecker, learner_of
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.jobs.requests.self_check import SelfCheckOptions
from mtlue.methods import MethodChoice, Perturber
from mtlue.methods.plan import SurrogatePlan
from mtlue.methods.surrogates import Surrogates
from mtlue.methods.work import FitPart, FitSize

LIMIT = 0.25
FIT, LEARNER = (FitPart(30.0, "tiny", 8), FitPart(70.0, "tiny", 8)), 7.0
ENOUGH = DataOptions("digits", limit_train=70, limit_test=30)


def kept_in(folder: Path, fits: int, checks: dict[int, float]) -> KeptAttempts:
    """What an interrupted run left: some fits, and of some of them how much came back."""
    kept = KeptAttempts(folder)
    for number in range(1, fits + 1):
        place = folder / ATTEMPTS / str(number)
        place.mkdir(parents=True)
        (place / FITTED).write_text("{}")
    for number, recovery in checks.items():
        kept.keep_check(number, found(age=recovery))
    return kept


@pytest.mark.parametrize(
    ("fits", "checks", "least", "most"),
    [
        (0, {}, Work(FIT, 14), Work(FIT + FIT, 21)),  # the clean learner serves both checks
        (1, {}, Work((), 14), Work(FIT, 21)),
        (1, {1: 0.9}, Work(FIT, 7), Work(FIT, 7)),
        (2, {1: 0.9}, Work((), 7), Work((), 7)),
        (2, {1: 0.9, 2: 0.9}, Work(), Work()),
        (1, {1: 0.1}, Work(), Work()),  # it passed: no other fit follows
    ],
)
def test_what_is_done_does_not_count_again(
    tmp_path: Path, fits: int, checks: dict[int, float], least: Work, most: Work
) -> None:
    left = expected([FIT, FIT], LEARNER, kept_in(tmp_path, fits, checks), LIMIT)
    assert (left.least, left.most) == (least, most)


def test_without_a_check_there_is_one_fit(tmp_path: Path) -> None:
    left = expected([FIT], 0.0, KeptAttempts(tmp_path), LIMIT)
    assert (left.least, left.most, left.repeats) == (Work(FIT), Work(FIT), False)


@pytest.mark.parametrize("test_fraction", [0, 0.3])
def test_the_check_is_counted_for_the_images_that_it_takes(tmp_path: Path, test_fraction: float) -> None:
    rows = []
    for i in range(120):
        save_image(tmp_path / f"{i}.png", (8, 8), "RGB", seed=i)
        rows.append({"file": f"{i}.png", "kind": ["cat", "dog"][i % 2]})
    write_table(tmp_path, rows)
    collection = read_data("table", tmp_path, test_fraction=test_fraction)
    training, test = SelfChecker(collection, Runtime("cpu", seed=0), Path("fit"), list[Event]().append)._images
    size = DatasetShape.of_images(training, test, collection.pipeline)
    assert checked_by(collection, collection.tasks) == (learner_of(size), size)


def forecast_of(
    request: ProtectRequest, monkeypatch: pytest.MonkeyPatch, speed: Callable[..., float] = lambda *of: 1e9
) -> ProtectionForecast:
    """With a machine that does 1e9 operations a second, and nothing to write."""
    monkeypatch.setattr(forecast, "training_speed", speed)
    monkeypatch.setattr(forecast, "LITTLE_WORK", 0)
    monkeypatch.setattr(forecast, "probe_files", lambda *of, noise: ProbedFiles("png", 8.0, 8, 0.0, 0.0, 0.0))
    collection = load(request.data, Runtime("cpu"))
    return forecast.forecast(request, collection, collection, Runtime("cpu"))


def test_the_sum_includes_the_check_and_names_it_where_it_is_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ProtectRequest(ENOUGH, tmp_path / "out", method=MethodChoice("lsp-patch"))
    collection = load(ENOUGH, Runtime("cpu"))
    learner = learner_work(collection, collection.tasks)
    checked = forecast_of(request, monkeypatch)
    plain = forecast_of(replace(request, self_check=SelfCheckOptions(self_check=False)), monkeypatch)
    few = forecast_of(replace(request, data=replace(ENOUGH, limit_train=59)), monkeypatch)
    assert checked.seconds is not None
    assert plain.seconds is None or plain.seconds == pytest.approx(0, abs=1)
    assert checked.seconds == pytest.approx(2 * learner / 1e9 + (plain.seconds or 0))
    assert (few.seconds or 0) < 0.1 * checked.seconds
    assert (checked.longest, plain.longest) == ((SELF_CHECK,), ())
    tap = forecast_of(replace(request, method=MethodChoice("tap", {"epochs": 1, "surrogate_epochs": 1})), monkeypatch)
    assert tap.seconds is not None
    assert tap.most is not None
    assert tap.most - tap.seconds == pytest.approx(tap.seconds - learner / 1e9)


def test_a_minute_on_a_busy_machine_is_not_called_a_few_seconds() -> None:
    """2 x 10^11 operations took over a minute where other programs computed, too."""
    assert forecast.LITTLE_WORK / 5e9 <= forecast.FEW_SECONDS


def test_a_part_of_a_fit_is_named_only_where_it_is_most_of_all() -> None:
    tasks = load(ENOUGH, Runtime("cpu")).tasks
    choice = MethodChoice("tap", {"epochs": 1, "surrogate_epochs": 10})

    def of(check: float) -> tuple[str, ...]:
        whole = work_of(choice.build(tasks))
        return longest_parts(choice, tasks, work_of, Work((FitPart(whole, "tiny", 8),), check * whole))

    def work_of(method: Perturber) -> float:
        return method.estimated_flops(FitSize(tasks, 400, (3, 32, 32), (32, 32)))

    assert [of(check) for check in (0, 0.95, 1.1)] == [("surrogate_epochs",), (), (SELF_CHECK,)]


def test_a_resumed_run_says_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "LITTLE_WORK", 0)
    monkeypatch.setattr(forecast, "training_speed", lambda *of: 1e9)

    def of(self: object, protector: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(SelfChecker, "of", of)
    request = ProtectRequest(
        ENOUGH, tmp_path / "out", method=MethodChoice("tap", {"epochs": 1, "surrogate_epochs": 1}), seed=3
    )
    told: list[Event] = []
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run_protect(request, Runtime("cpu"), told.append)
    first, second = (event.seconds or 0 for event in told if isinstance(event, ProtectionForecast))
    learner = learner_work(load(ENOUGH, Runtime("cpu")), load(ENOUGH, Runtime("cpu")).tasks)
    assert second == pytest.approx(2 * learner / 1e9, abs=0.5)
    assert second < first
    assert not any(isinstance(event, SelfCheckStarted) for event in told)
    assert expected_work.check_work(load(ENOUGH, Runtime("cpu")), ()) == 0


@pytest.mark.parametrize("method", ["tap", "tap-samplewise"])
def test_surrogates_of_an_interrupted_run_do_not_count_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """They are those of the first fit; another fit has a seed of its own."""
    monkeypatch.setattr(forecast, "LITTLE_WORK", 0)
    monkeypatch.setattr(forecast, "training_speed", lambda *of: 1e9)
    choice = MethodChoice(
        method, {"epochs": 1, "surrogate_epochs": 50} if method == "tap" else {"surrogate_epochs": 50}
    )
    request = ProtectRequest(replace(ENOUGH, limit_train=59), tmp_path / "out", method=choice, seed=3)
    told, trained = list[Event](), Surrogates.checkpoints

    def interrupted(self: Surrogates, plan: SurrogatePlan) -> object:
        trained(self, plan)
        raise KeyboardInterrupt

    monkeypatch.setattr(Surrogates, "checkpoints", interrupted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run_protect(request, Runtime("cpu"), told.append)
    first, second = [event for event in told if isinstance(event, ProtectionForecast)]
    collection = load(request.data, Runtime("cpu"))
    clean, _ = choice.build(collection.tasks).fit_parts(FitSize.of(collection.split("train"), collection.pipeline))
    assert clean.kept
    assert (first.seconds or 0) - (second.seconds or 0) == pytest.approx(clean.flops / 1e9, rel=0.3)
    assert first.longest == ("surrogate_epochs",)
    assert "surrogate_epochs" not in second.longest


def test_few_large_images_are_expected_to_take_the_smaller_steps_that_they_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = []
    for i in range(40):
        save_image(tmp_path / f"{i}.png", (160, 160), "RGB", seed=i)
        rows.append({"file": f"{i}.png", "kind": ["cat", "dog"][i % 2]})
    write_table(tmp_path, rows)
    timed: list[int] = []

    def speed(_runtime: Runtime, _backbone: str, *of: Any) -> float:
        timed.append(of[3])
        return 1e9

    monkeypatch.setattr(forecast, "resident_memory", lambda: 0)
    data = DataOptions("table", tmp_path, test_fraction=0)

    def memory(settings: dict[str, Any]) -> int:
        request = ProtectRequest(data, tmp_path / "out", method=MethodChoice("tap", settings))
        return forecast_of(request, monkeypatch, speed).memory

    least = memory({})
    assert {*timed} == {16}
    timed.clear()
    assert memory({"fit_batch_size": 32}) > 1.8 * least
    assert {*timed} == {32}
    timed.clear()
    assert memory({"fit_batch_size": 64}) > 2.3 * least
    assert {*timed} == {40}  # there are no more


def test_the_parts_of_a_fit_are_timed_by_the_steps_of_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    request = ProtectRequest(ENOUGH, tmp_path / "out", method=MethodChoice("tap"))
    tasks = load(ENOUGH, Runtime("cpu")).tasks
    clean, against = request.method.build(tasks).fit_parts(FitSize(tasks, 70, (3, 32, 32), (28, 28)))
    check = 2 * learner_work(load(ENOUGH, Runtime("cpu")), tasks)
    speeds = {64: 1e9, 32: 1e8}
    told = forecast_of(request, monkeypatch, lambda *of: speeds[of[-2]])
    assert (clean.images, against.images) == (64, 32)
    assert told.seconds == pytest.approx((clean.flops + check) / 1e9 + against.flops / 1e8)


def test_the_joint_surrogates_own_steps_are_counted() -> None:
    tasks = load(ENOUGH, Runtime("cpu")).tasks
    size = FitSize(tasks, 400, (3, 32, 32), (32, 32))
    plain, none = (
        MethodChoice(method, {"epochs": 2, **settings}).build(tasks).fit_parts(size)[0]
        for method, settings in (("em", {"joint_steps": 3, "fit_batch_size": 50}), ("tap", {"surrogate_epochs": 1}))
    )
    assert plain.flops == pytest.approx(none.flops * 2 * 3 * 50 / 400)
