"""Classes whose image files are all missing are named, before anything else."""

from pathlib import Path

import pytest

from conftest import read_data, save_image, write_table
from mtlue.data.options import DataOptions
from mtlue.data.rows.labels import read_row_labels
from mtlue.data.rows.settling import settle
from mtlue.data.sources.table import Table
from mtlue.tasks import Categorical


def table_of(root: Path, there: dict[str, int], missing: dict[str, int]) -> None:
    """Rows of each class, with and without their files; and a season, which loses no class."""
    rows = []
    for files, counts in ((True, there), (False, missing)):
        for kind, count in counts.items():
            for i in range(count):
                name = f"{kind}-{i}-{files}.png"
                if files:
                    save_image(root / name, (8, 8), "RGB", seed=i)
                rows.append({"file": name, "kind": kind, "season": ["summer", "winter"][i % 2]})
    write_table(root, rows)


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({"ash": 3, "oak": 2}, "class 'ash' (3 rows) of task 'kind' has no image left, as its rows"),
        ({"ash": 3, "yew": 1}, "2 classes of task 'kind' have no image left, as their rows have no usable image: "),
        ({f"k{i}": 1 for i in range(9)}, "'k4' (1 row) and 4 more; put the files where the table says"),
    ],
)
def test_classes_without_an_image_are_named_first(tmp_path: Path, missing: dict[str, int], said: str) -> None:
    table_of(tmp_path, {"oak": 4, "elm": 4}, missing)
    first, *others = read_data("table", tmp_path, test_fraction=0).notes
    assert said in first
    assert not any("no image left" in note for note in others)


def test_nothing_is_said_where_each_class_has_an_image(tmp_path: Path) -> None:
    table_of(tmp_path, {"oak": 4, "elm": 4}, {"oak": 3})
    assert not any("no image left" in note for note in read_data("table", tmp_path, test_fraction=0).notes)


def test_a_column_that_is_no_task_any_more_is_explained(tmp_path: Path) -> None:
    table_of(tmp_path, {"oak": 8}, {"ash": 3})
    listing = read_data("table", tmp_path, test_fraction=0)
    assert [task.name for task in listing.tasks] == ["season"]
    assert "class 'ash' (3 rows) of column 'kind' has no image left" in listing.notes[0]


def test_fitted_tasks_say_so_too(tmp_path: Path) -> None:
    table_of(tmp_path, {"oak": 4, "elm": 4}, {"ash": 1})
    settled = settle(Table().rows(DataOptions("table", tmp_path), True), DataOptions("table", tmp_path))
    tasks = [Categorical("kind", ("ash", "elm", "oak"))]
    assert "class 'ash' (1 row) of task 'kind'" in read_row_labels(settled, tasks).notes[0]
