"""Which learners share a column, and how it is named."""

from dataclasses import fields, replace
from typing import Any

import pytest

from mtlue.evaluation.learner import Learner
from mtlue.evaluation.records import Record
from mtlue.report.records.groups import Group
from mtlue.training import Recipe

RECORD = Record(
    dataset="d", condition="clean", learner=Learner(tasks=("left",)), method=None, epsilon=None,
    metrics={"left": {"accuracy": 0.9}}, trivial={"left": {"accuracy": 0.1}}, directions={"left": {"accuracy": True}},
    headline={"left": "accuracy"}, train_images=1, test_images=1, seconds=1.0,
)  # fmt: skip
OTHER = {
    "backbone": "resnet18", "init": "timm", "trainable": "head", "weighting": "uw", "treat_test": False,
    "enlarge": 64, "tested_on": "released",
    "setting": "stl", "tasks": ("right",), "seed": 7, "recipe": Recipe(epochs=3), "countermeasure": "grey",
}  # fmt: skip
SHARED = {"tasks", "seed", "recipe"}
"""What learners of one column may differ in."""


def group_with(**changes: Any) -> Group:
    return Group.of(replace(RECORD, learner=replace(RECORD.learner, **changes)))


@pytest.mark.parametrize("name", [item.name for item in fields(Learner)])
def test_every_other_field_of_a_learner_tells_columns_apart_by_name(name: str) -> None:
    countered = {} if name == "countermeasure" else {"countermeasure": "jpeg10"}
    one, other = group_with(**countered), group_with(**{**countered, name: OTHER[name]})
    assert (one == other) == (name in SHARED)
    assert (one.attributes() == other.attributes()) == (name in SHARED)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "tiny"),
        ({"init": "timm"}, "tiny (pretrained)"),
        ({"init": "faces.safetensors", "trainable": "last-stage"}, "tiny (from faces.safetensors, last stage only)"),
        ({"trainable": "head"}, "tiny (head only)"),
        ({"trainable": "linear"}, "tiny (linear probe)"),
        ({"init": "package", "enlarge": 96}, "tiny (pretrained on ImageNet, enlarge 96)"),
    ],
)
def test_the_backbone_says_where_it_starts_and_what_of_it_is_trained(changes: dict[str, object], text: str) -> None:
    assert group_with(**changes).attributes()["backbone"] == text


def test_learners_without_a_countermeasure_have_no_test_images_to_treat() -> None:
    assert group_with(treat_test=False) == group_with()
    untreated = group_with(countermeasure="grey", treat_test=False)
    assert untreated.countermeasure == "grey (test images untreated)"
    assert untreated.without_countermeasure() == group_with()
