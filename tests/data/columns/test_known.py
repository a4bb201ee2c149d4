"""Columns of new images, read by tasks that are known."""

from pathlib import Path

import pandas as pd
import pytest
from columns_of_cells import rules

from mtlue import Categorical, InputError
from mtlue.data.columns.known import columns_for
from mtlue.data.columns.rules_file import read_rules
from mtlue.tasks import Depth, Segmentation, Task


def test_new_images_are_read_by_the_known_labels() -> None:
    tasks = [Categorical(f"x={label}", ("no", "yes")) for label in "abcd"]
    frame = pd.DataFrame({"x": ["a;b", "c;d"]}, dtype=object)  # too few to tell a separator from a text
    columns = columns_for(frame, tasks, read_rules(None), "the table")
    assert columns["x=b"].tolist() == ["yes", "no"]
    assert columns["x=c"].tolist() == ["no", "yes"]
    with pytest.raises(InputError, match="unknown label 'd'"):
        columns_for(frame, tasks[:3], read_rules(None), "the table")


@pytest.mark.parametrize(
    ("task", "text", "why"),
    [
        (Categorical("x", ("a", "b")), "classes: [b, a]", "'classes' of task 'x' is .'b', 'a'., but .'a', 'b'."),
        (Categorical("x", ("a", "b")), "kind: regression", "'kind' of task 'x' is regression, but categorical"),
        (Depth("x", scale=0.001), "{kind: depth, scale: 0.0005}", "'scale' of task 'x' is 0.0005, but 0.001"),
        (Depth("x", scale=0.001), "{kind: depth, scale: 0.001, high: 20}", "'high' of task 'x' is 20.0, but 10.0"),
        (Depth("x", scale=0.001), "{kind: depth}", "'scale' of task 'x' is 1.0, but 0.001"),
        (Segmentation("x", ("a", "b"), (1, 2)), "{kind: segmentation, classes: [a, b], codes: [2, 1]}", "'codes' of"),
        (
            Segmentation("x", ("a", "b"), (), (7, 9)),
            "{kind: segmentation, classes: [a, b], ignore: [7]}",
            "'ignore' of",
        ),
        (Segmentation("x", ("a", "b"), (), (7,)), "{kind: segmentation, classes: [a, b]}", "'ignore' of"),
    ],
)
def test_a_tasks_file_that_says_another_thing_than_the_fitted_one_is_refused(
    task: Task, text: str, why: str, tmp_path: Path
) -> None:
    frame = pd.DataFrame({"x": ["a", "b"] * 2}, dtype=object)
    own = read_rules(rules(tmp_path, f"tasks: {{x: {text if text[0] == '{' else '{' + text + '}'}}}"))
    with pytest.raises(InputError, match=why):
        columns_for(frame, (task,), own, "the table")
    columns_for(frame, (task,), read_rules(["x"]), "the table")


def test_a_tasks_file_that_says_the_same_in_other_words_is_taken(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": ["a", "b"] * 2}, dtype=object)
    text = "tasks: {x: {kind: segmentation, classes: [a, b], codes: [0, 1], ignore: [9, 7]}}"
    columns_for(frame, (Segmentation("x", ("a", "b"), (), (7, 9)),), read_rules(rules(tmp_path, text)), "the table")
