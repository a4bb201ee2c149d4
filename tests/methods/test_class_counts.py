"""Classes that few images carry lengthen no fit, and the estimate counts the steps that a fit takes."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from conftest import TensorDataset, quick_config, random_dataset
from mtlue import Categorical, Runtime
from mtlue.data import Pipeline
from mtlue.methods.class_counts import RARE, frequent_classes, image_level_classes
from mtlue.methods.config import MANY_CLASSES, USUAL_PIPELINE, ResolvedSettings
from mtlue.methods.mtl_ue import TargetedAdversarialMtlUe
from mtlue.methods.scope import Scope
from mtlue.methods.work import FitSize
from mtlue.tasks import Depth, Regression, Task


def labelled(*kinds: int) -> TensorDataset:
    """Images whose classes are so common, with a task of numbers beside."""
    tasks = (Categorical("kind", tuple("abcdefghij")[: len(kinds)]), Regression("age", 0.0, 1.0))
    labels = torch.cat([torch.full((count,), index) for index, count in enumerate(kinds)])
    ages = torch.linspace(0, 1, len(labels))
    images = random_dataset(len(labels)).images
    return TensorDataset(tasks, images, {"kind": labels, "age": ages}, [f"{i}" for i in range(len(labels))])


def test_classes_that_few_images_carry_do_not_count() -> None:
    data = labelled(RARE, RARE - 1, 20, 0)
    assert image_level_classes(data.tasks) == 4 + data.tasks[1].anchors
    assert frequent_classes(data) == 2 + data.tasks[1].anchors
    assert frequent_classes(labelled(3, 3).restricted_to(data.tasks[:1])) == 0


def test_a_row_of_numbers_is_not_many_classes() -> None:
    binary = [Categorical(f"t{i}", ("no", "yes")) for i in range(20)]
    numbers: list[Task] = [Regression("pose", 0.0, 1.0, size=5), Depth("depth")]
    few = TargetedAdversarialMtlUe().config_for([*binary[1:], *numbers])
    many = TargetedAdversarialMtlUe().config_for([*binary, *numbers])
    assert image_level_classes(numbers) >= MANY_CLASSES
    assert few == TargetedAdversarialMtlUe().config_for(binary[:1])
    assert many.against == USUAL_PIPELINE
    partial = TargetedAdversarialMtlUe(scope=Scope(unprotected=("t3",)))
    assert partial.config_for([*binary, *numbers]) == few


class Quick(TargetedAdversarialMtlUe):
    """Its generator takes so many steps for each class."""

    per_class = 6

    def config_for(self, tasks: Sequence[Task]) -> ResolvedSettings:
        return replace(quick_config(), steps_per_class=self.per_class)


class OneEpoch(Quick):
    per_class = 0


@pytest.mark.parametrize(("kinds", "epochs"), [((12, 10, 2), 4), ((12, 4, 4, 4), 2), ((6, 6, 6, 6), 1)])
def test_a_fit_is_as_long_as_its_estimate_and_follows_the_classes_that_enough_images_carry(
    kinds: tuple[int, ...], epochs: int
) -> None:
    """Twenty-four images in three batches of eight; the last dataset has no such class, and is fitted nevertheless."""
    whole = labelled(*kinds)
    data = whole.restricted_to(whole.tasks[:1])
    method = Quick(epsilon=8 / 255)
    record = method.fit(data, Runtime("cpu"), Pipeline((16, 16)))
    assert len(record.curves["generator total"]) == 3 * epochs
    size = FitSize(data.tasks, len(data), (3, 16, 16), (16, 16), frequent_classes(data))
    one = OneEpoch(epsilon=8 / 255).fit_parts(size)[1].flops
    assert method.fit_parts(size)[1].flops == pytest.approx(epochs * one)
