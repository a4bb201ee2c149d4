"""Options as Python gives them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mtlue
from mtlue import Categorical, DataOptions, Depth, InputError, Normals, Protector, Regression, Scope, Segmentation
from mtlue.evaluation.audits.options import AuditOptions
from mtlue.evaluation.learners.options import EvaluationOptions
from mtlue.registry.python_options import options_of


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tier": "foo"}, "tier should be one of compute, model, nothing, tool, not 'foo'"),
        ({"tier": ["foo"]}, r"tier\[0\] should be one of compute, model, nothing, tool, not 'foo'"),
        ({"budget": 20}, "budget 20: give a time above 0 with its unit"),
        ({"learner_recipe": "foo"}, "learner_recipe should be one of fast, paper, not 'foo'"),
        ({"seeds": "1,"}, "seeds should be a whole number, not '1,'"),
        ({"foo": 1}, "unknown option 'foo'"),
        ({"epochs": 1}, "unknown option 'epochs'"),
    ],
)
def test_an_audit_refuses_what_means_nothing_by_its_name(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        mtlue.audit(tmp_path, **options)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InputError) as refused:
        options_of(AuditOptions, {"foo": 1, "seeds": "x", "tier": 3}, "mtlue audit")
    for part in ("unknown option 'foo'", "seeds should be", "tier should be a list"):
        assert part in str(refused.value)


def test_a_lone_name_is_a_list_of_one() -> None:
    plan = AuditOptions(only="jpeg10", settings="mtl", holdout="age").plan()  # type: ignore[arg-type]
    assert (plan.attacks, plan.settings, plan.holdout) == (("jpeg10",), ("mtl",), ("age",))
    assert AuditOptions(tier="compute").plan().attacks == AuditOptions(tier=["compute"]).plan().attacks  # type: ignore[arg-type]
    options = EvaluationOptions(compare="clean", countermeasures="grey", settings=("mtl",))  # type: ignore[arg-type]
    assert options.plan().countermeasures == ("grey",)
    assert DataOptions(tasks="age").tasks == ["age"]  # type: ignore[arg-type]
    assert Scope(unprotected="age").unprotected == ("age",)  # type: ignore[arg-type]


def test_values_have_the_types_that_are_declared() -> None:
    options = DataOptions(data="photos", limit_train=np.int64(5), size=[32, 48])  # type: ignore[arg-type]
    assert (options.data, options.limit_train, options.size) == (Path("photos"), 5, (32, 48))
    assert type(options.limit_train) is int
    several = DataOptions(size=(np.int64(32), 32), value_range=np.array([0, 1], np.float32), flip=np.True_)  # type: ignore[arg-type]
    assert (several.size, several.value_range, several.flip) == ((32, 32), (0.0, 1.0), True)
    assert EvaluationOptions(seeds=range(3)).plan().seeds == (0, 1, 2)  # type: ignore[arg-type]
    assert Scope(unprotected={"age": 1}.keys()).unprotected == ("age",)  # type: ignore[arg-type]
    assert DataOptions(tasks=Path("tasks.yaml")).tasks == ["tasks.yaml"]  # type: ignore[arg-type]
    assert type(Protector(epsilon=np.float32(8 / 255)).epsilon) is float  # type: ignore[arg-type]
    assert Protector("tap", settings={"epochs": np.int64(1)}).settings.to_json()["epochs"] == 1
    assert Categorical("letter", ["x", "y"]).classes == ("x", "y")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"limit_train should be a whole number or nothing, not 10\.5"):
        DataOptions(limit_train=10.5)  # type: ignore[arg-type]


def test_from_python_too_a_bound_and_classes_are_what_they_are_called() -> None:
    with pytest.raises(InputError, match="epsilon '8' is no number"):
        Protector(epsilon="8")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown strength '3'"):
        Protector(strength=3)  # type: ignore[arg-type]
    for classes in ("xy", 3, None, np.array(3)):
        with pytest.raises(InputError, match="for its classes: give a tuple of names"):
            Categorical("letter", classes)  # type: ignore[arg-type]
    for named, wrong in ((("x", 2), "2"), ((0, 1), "0"), ((None, "x"), "None")):
        with pytest.raises(InputError, match=f"has the class {wrong}: names of classes are texts"):
            Categorical("letter", named)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"is no mtlue\.Scope"):
        Protector(scope="left")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="names no data: give a path"):
        mtlue.protect(None, "out")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Regression("pose", size="2"), "task 'pose': size should be a whole number, not '2'"),  # type: ignore
        (lambda: Depth("far", high="3"), "task 'far': high should be a number, not '3'"),  # type: ignore
        (lambda: Segmentation("seg", ("a", "b"), ignore=255), "task 'seg': ignore should be a list"),  # type: ignore
        (lambda: Normals(None), "name should be text, not nothing"),  # type: ignore
        (lambda: Protector(None), "unknown method 'None': choose from auto"),  # type: ignore
        (lambda: Protector.load(3), "folder 3 is no path: give text, or a pathlib.Path"),  # type: ignore
        (lambda: mtlue.verify(None), "out None is no path"),  # type: ignore
        (lambda: mtlue.audit(None), "release None is no path"),  # type: ignore
        (lambda: mtlue.protect("digits", None), "out None is no path"),  # type: ignore
    ],
)
def test_a_value_of_another_type_is_refused_by_its_name(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


def test_a_folder_is_no_name_of_a_dataset(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a place, and no name of a dataset: give it as data"):
        mtlue.load(DataOptions(str(tmp_path)))
