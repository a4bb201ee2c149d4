"""A dataset in numbers."""

import shutil
from pathlib import Path

import pytest

from conftest import write_table
from mtlue import Runtime
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.jobs.inspection.statistics import account_tasks, count_sizes, find_duplicates


def test_labels_are_counted_by_split_and_class(folder: Path) -> None:
    rows = [{"file": f"{'odd' if i % 2 else 'even'}/picture {i}.png", "kind": "ab"[i % 2]} for i in range(12)]
    for i, row in enumerate(rows):
        row["split"] = "test" if i < 4 else "train"
    rows[11]["kind"] = ""
    write_table(folder, rows)
    (account,) = account_tasks(load(DataOptions("table", folder), Runtime("cpu")))
    assert account.present == {"test": 4, "train": 7}
    assert account.missing == 1
    assert account.classes == {"a": 4, "b": 3}
    assert account.rare == {"a": 4, "b": 3}
    assert account.tested == {"a": 2, "b": 2}
    assert account.uncounted == {}  # no class has enough of them: all count


def test_classes_with_few_test_images_do_not_count(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtlue.tasks.scoring.COUNTED_FROM", 2)
    rows = [{"file": f"{'odd' if i % 2 else 'even'}/picture {i}.png", "kind": "aabbcd"[i % 6]} for i in range(12)]
    for i, row in enumerate(rows):
        row["split"] = "test" if i < 5 else "train"
    write_table(folder, rows)
    (account,) = account_tasks(load(DataOptions("table", folder), Runtime("cpu")))
    assert account.uncounted == {"c": 1, "d": 0}


def test_copies_are_found_and_those_of_other_labels_named(folder: Path) -> None:
    shutil.copy(folder / "even/picture 0.png", folder / "even/picture 2.png")  # cat and cow
    shutil.copy(folder / "odd/picture 3.png", folder / "odd/picture 9.png")  # both cat and light
    collection = load(DataOptions("table", folder), Runtime("cpu"))
    duplicates = find_duplicates(collection)
    assert sorted(map(sorted, duplicates.groups)) == [
        ["even/picture 0.png", "even/picture 2.png"],
        ["odd/picture 3.png", "odd/picture 9.png"],
    ]
    assert [sorted(group) for group in duplicates.conflicting] == [["even/picture 0.png", "even/picture 2.png"]]
    assert duplicates.superfluous == 2
    assert count_sizes(collection) == {(20, 24): 12}
