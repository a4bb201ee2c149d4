"""A store on disk while it is open."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from mtlue.arrays.entries import Content, RowType, file_states
from mtlue.arrays.shelf import DiskShelf

ROW = RowType((2,), "int32")


def states(folder: Path, *names: str) -> pd.DataFrame:
    for name in names:
        (folder / name).write_text(name)
    return file_states(folder, names)


def test_what_is_added_is_found_again_with_its_notes(tmp_path: Path) -> None:
    files = states(tmp_path, "a", "b")
    first, second = files.itertuples(index=False, name=None)
    (tmp_path / "store").mkdir()
    with closing(DiskShelf(tmp_path / "store", ROW)) as shelf:
        assert shelf.find(files) == [None, None]
        added = shelf.add(second, Content(np.array([3, 4], np.int32), ("turned",), b"profile"))
        assert shelf.add(first, "it is damaged").reason == "it is damaged"
    with closing(DiskShelf(tmp_path / "store", ROW)) as shelf:
        assert shelf.find(files) == [None, added]
        array = shelf.array([added])
    assert array[0].tolist() == [3, 4]


def test_a_file_that_changed_is_not_found(tmp_path: Path) -> None:
    (state,) = states(tmp_path, "a").itertuples(index=False, name=None)
    (tmp_path / "store").mkdir()
    with closing(DiskShelf(tmp_path / "store", ROW)) as shelf:
        shelf.add(state, Content(np.zeros(2, np.int32)))
    (tmp_path / "a").write_text("longer")
    with closing(DiskShelf(tmp_path / "store", ROW)) as shelf:
        assert shelf.find(file_states(tmp_path, ["a"])) == [None]
        assert shelf.find(file_states(tmp_path, ["nowhere"])) == [None]
