import pytest

from conftest import random_dataset
from mtlue import Categorical, InputError, Runtime
from mtlue.data import Pipeline
from mtlue.evaluation.countermeasures import COUNTERMEASURES
from mtlue.evaluation.protocol import EvaluationPlan, Trial, evaluate
from mtlue.training import Recipe

QUICK = Recipe(epochs=1, batch_size=8, schedule="onecycle")


def trial() -> Trial:
    data = random_dataset(16)
    return Trial("noise images", data, data, random_dataset(8, seed=1), Pipeline((16, 16), (12, 12)), "tap", 8 / 255)


def test_one_record_a_learner() -> None:
    records = list(evaluate(trial(), EvaluationPlan(recipe=QUICK, seeds=(0, 1)), Runtime("cpu")))
    assert len(records) == 2 * 3 * (1 + 2)  # seeds x data x (mtl + one learner for each task)
    combined = [record for record in records if record.setting == "mtl"]
    assert all(set(record.metrics) == {"shape", "tone"} for record in combined)
    assert all(set(record.metrics["tone"]) == set(Categorical.metrics) for record in combined)
    single = [record for record in records if record.setting == "stl"]
    assert all(len(record.metrics) == 1 for record in single)
    assert {record.versions["torch"] for record in records}
    assert records[0].trivial["tone"]["balanced_accuracy"] == pytest.approx(0.5)


def test_learners_of_one_seed_on_the_same_images_are_the_same() -> None:
    plan = EvaluationPlan(recipe=QUICK, seeds=(0,), data=("clean", "protected"), settings=("mtl",))
    clean, protected = evaluate(trial(), plan, Runtime("cpu"))  # the trial's protected images are the clean ones
    assert clean.metrics == protected.metrics
    assert clean.curves == protected.curves


def test_single_task_learners_can_be_chosen() -> None:
    plan = EvaluationPlan(recipe=QUICK, seeds=(0,), settings=("stl",), stl_tasks=("tone",), data=("clean",))
    (record,) = evaluate(trial(), plan, Runtime("cpu"))
    assert set(record.metrics) == {"tone"}
    with pytest.raises(InputError, match=r"no task 'colour'.*shape, tone"):
        list(EvaluationPlan(stl_tasks=("colour",)).learners(random_dataset().tasks))


def test_every_countermeasure_has_its_records() -> None:
    chosen = tuple(COUNTERMEASURES)
    plan = EvaluationPlan(recipe=QUICK, seeds=(0,), settings=("mtl",), data=("protected",), countermeasures=chosen)
    assert [record.countermeasure for record in evaluate(trial(), plan, Runtime("cpu"))] == list(chosen)


def test_unknown_plans_are_refused() -> None:
    with pytest.raises(InputError, match=r"countermeasure 'prayer'.*jpeg10"):
        EvaluationPlan(countermeasures=("prayer",))
    with pytest.raises(InputError, match="unknown setting 'both'"):
        EvaluationPlan(settings=("both",))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="seed"):
        EvaluationPlan(seeds=())
