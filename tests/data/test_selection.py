"""The images that options select."""

from pathlib import Path

import pytest

from conftest import write_nyuv2
from mtlue import InputError
from mtlue.data.options import DataOptions
from mtlue.data.selection import printable, select


def test_limits_and_wanted_ids_leave_some(folder: Path) -> None:
    whole = select(DataOptions("table", folder), None, None)
    limited = select(DataOptions("table", folder, limit_train=3, limit_test=1), None, None)
    assert limited.splits.count("train") == 3
    assert set(limited.ids) <= set(whole.ids)
    assert select(DataOptions("table", folder), (), {whole.ids[2]}).ids == [whole.ids[2]]


def test_files_that_no_source_names_are_not_forgotten(folder: Path) -> None:
    (folder / "notes.heic").write_bytes(b"x")
    skipped = {one.name: one.reason for one in select(DataOptions("table", folder), None, None).skipped}
    assert "convert it" in skipped["notes.heic"]


def test_tasks_of_a_fixed_layout_are_chosen_by_name(tmp_path: Path) -> None:
    root = write_nyuv2(tmp_path)
    listing = select(DataOptions("nyuv2", root, tasks=["depth"]), None, None)
    assert [task.name for task in listing.tasks] == ["depth"]
    with pytest.raises(InputError, match="has no task 'height'"):
        select(DataOptions("nyuv2", root, tasks=["height"]), None, None)
    with pytest.raises(InputError, match="fixed tasks"):
        select(DataOptions("nyuv2", root, tasks=["rules.yaml"]), None, None)


def test_names_that_are_not_text_are_written_out() -> None:
    assert printable("a\udcff.png") == "a\\udcff.png"
