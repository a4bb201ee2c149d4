"""Which column of a table names image files."""

from pathlib import Path

import pandas as pd
import pytest

from conftest import save_image
from mtlue import InputError
from mtlue.data.rows.image_files import ImageFiles, image_column


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        save_image(tmp_path / f"{name}.png", (8, 8))
    return tmp_path


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        ({"note": ["x", "y"], "photo": ["a.png", "b.png"]}, "photo"),
        ({"photo": ["z.png", "y.png"], "note": ["x", "y"]}, "photo"),
        ({"note": ["x", "y"], "key": ["a", "b"]}, "key"),
        ({"note": ["a.png", "b.png"], "image": ["a.png", "b.png"]}, "image"),
    ],
)
def test_cells_say_which_column_it_is(columns: dict[str, list[str]], column: str, photos: Path) -> None:
    frame = pd.DataFrame(columns, dtype=object)
    assert image_column(frame, Path("t.csv"), photos, None) == column
    assert ImageFiles(photos).names == ["a.png", "b.png"]


def test_no_column_and_an_absent_one_are_refused(photos: Path) -> None:
    frame = pd.DataFrame({"note": ["x", "y"]}, dtype=object)
    with pytest.raises(InputError, match=r"no column of t\.csv names image files"):
        image_column(frame, Path("t.csv"), photos, None)
    with pytest.raises(InputError, match="image_column 'photo' is not a column"):
        image_column(frame, Path("t.csv"), photos, "photo")
